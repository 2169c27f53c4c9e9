//! Shutdown: every stream ends with a `retry` of its own, nothing is lost, and a second signal ends the program at once.

mod common;

use common::{PATIENCE, Program, RawStream, files};
use futures::{StreamExt, future::join_all, stream};
use reqwest::Client;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tokio::{net::TcpSocket, time::timeout};

/// The number of streams that is promised, or as many as there are files for: this process and the program each need one for a stream.
fn streams() -> usize {
    const WANTED: usize = 10_000;
    let files = files();
    let streams = WANTED.min(files - 300);
    if streams < WANTED {
        println!("only {streams} streams: the hard limit of open files is {files}");
    }
    streams
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_shutdown_each_stream_gets_a_retry_of_its_own() {
    let count = streams();
    let mut program = Program::start(&["--max-streams-per-user", "20000", "--max-streams", "20000", "--keep-alive", "5m"]);
    let ada = program.user("ada").await;
    let open: Vec<_> = stream::iter(0..count).map(|_| RawStream::open(&ada)).buffer_unordered(16).collect().await;
    assert!(open.iter().all(RawStream::is_open));
    let begun = Instant::now();
    program.signal("TERM");
    let rests = join_all(open.into_iter().map(|raw| {
        tokio::spawn(async move {
            let mut raw = raw;
            raw.text.clear();
            raw.read_to_end().await;
            String::from_utf8(raw.text).unwrap()
        })
    }))
    .await;
    let retries: Vec<u32> = rests.into_iter().map(|rest| retry(&rest.unwrap())).collect();
    let ended = timeout(PATIENCE, program.ended()).await.expect("it does not end");
    println!("{count} streams and the program ended within {} ms", begun.elapsed().as_millis());
    assert!(ended.success());
    let distinct: BTreeSet<_> = retries.iter().collect();
    assert!(distinct.len() >= count.min(4_000), "spread evenly, to the millisecond");
    assert!(retries.iter().max().unwrap() - retries.iter().min().unwrap() >= 4_000, "over some seconds");
    assert!(Client::new().get(format!("{}/healthz", program.base)).timeout(Duration::from_secs(5)).send().await.is_err());
}

/// The `retry` that a stream ended with: one chunk, then a clean end.
fn retry(rest: &str) -> u32 {
    let pieces: Vec<_> = rest.split("\r\n").collect();
    let [_, piece, "0", "", ""] = pieces[..] else { panic!("{rest:?}") };
    piece.strip_prefix("retry: ").and_then(|rest| rest.strip_suffix("\n\n")).unwrap_or_else(|| panic!("{rest:?}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_the_program_at_once() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut other = program.user("grace").await.open().await;
    // A client that does not read, so that the program would wait for it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    let _stalled = RawStream::over(socket, &ada, None).await;
    for _ in 0..30 {
        let large = serde_json::json!({ "user": "ada", "event": "large", "data": "x".repeat(16_000) });
        program.push(large).await;
    }
    program.signal("TERM");
    assert_eq!(other.next_or_end().await, None, "it stops");
    program.signal("TERM");
    assert_eq!(program.ended().await.code(), Some(1));
}

#[tokio::test]
async fn a_client_that_resumes_after_a_shutdown_has_missed_nothing() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let seen = program.notify("ada", "seen").await;
    assert_eq!(stream.next_logged().await.id, seen);
    let missed = program.notify("ada", "perhaps seen").await;
    program.signal("INT");
    let mut last = seen;
    while let Some(event) = stream.next_or_end().await {
        last = event.id;
    }
    assert!(program.ended().await.success());
    program.restart();
    let mut resumed = ada.resume(Some(&last)).await;
    if last != missed {
        assert_eq!(resumed.next_logged().await.id, missed);
    }
    let next = program.notify("ada", "next").await;
    assert_eq!(resumed.next_logged().await.id, next);
}
