//! Slow and dead clients: some never read, some read a byte at a time, some have vanished without closing. No other client waits for them,
//! they cost the program no memory, and their streams are closed in time.

mod common;

use common::{PATIENCE, Program, RawStream, TestUser, data, sequence};
use futures::{StreamExt, future::join_all, stream};
use reqwest::StatusCode;
use serde_json::json;
use socket2::{SockFilter, SockRef};
use tokio::{io::AsyncReadExt, net::TcpSocket, time::timeout};

/// Bytes of data, just below the limit of an event.
const LARGE: usize = 16_000;

/// A stream whose client reads nothing: the kernel takes what fits the smallest receive buffer.
async fn stalled(user: &TestUser, after: Option<&str>) -> RawStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    RawStream::over(socket, user, after).await
}

/// A stream whose peer has vanished: its kernel drops every packet, and acknowledges nothing.
async fn vanished(user: &TestUser) -> RawStream {
    const RETURN: u16 = 0x06;
    let raw = RawStream::open(user).await;
    SockRef::from(&raw.socket).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)]).unwrap();
    raw
}

async fn push_large(program: &Program, title: &str) -> String {
    let push = json!({ "user": "ada", "event": "large", "data": { "title": title, "filler": "x".repeat(LARGE) } });
    let (status, answer) = program.push(push).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_delays_nobody_and_costs_a_cursor_not_memory() {
    const EVENTS: usize = 1_000;
    const OF_EACH_KIND: usize = 10;
    /// In KiB. Queues for the clients that do not read would take almost 500 MiB. What is held beside their cursors is 20 MiB, or 50 MiB of
    /// hyper's buffers where streams are not direct.
    const BOUND: usize = 100 * 1_024;
    // A keep-alive so long that no stream is closed meanwhile.
    let program = Program::start(&["--max-streams-per-user", "1000", "--keep-alive", "5m"]);
    let ada = program.user("ada").await;
    let reading = join_all((0..3).map(|_| ada.open())).await;
    let start = reading[0].start.clone();
    // Memory that the program takes once, whoever reads.
    for _ in 0..50 {
        push_large(&program, "warm-up").await;
    }
    let before = program.memory();

    let mut silent = join_all((0..OF_EACH_KIND).map(|_| stalled(&ada, None))).await;
    let mut slow = join_all((0..OF_EACH_KIND).map(|_| stalled(&ada, None))).await;
    let _gone = join_all((0..OF_EACH_KIND).map(|_| vanished(&ada))).await;
    let reading = reading.into_iter().map(|mut stream| {
        tokio::spawn(async move {
            let mut ids = Vec::new();
            while ids.len() < EVENTS {
                let event = stream.next_logged().await;
                if data(&event)["title"] != "warm-up" {
                    ids.push(event.id);
                }
            }
            ids
        })
    });
    let reading: Vec<_> = reading.collect();
    let mut ids = Vec::new();
    let mut pushes = stream::iter((0..EVENTS).map(|_| push_large(&program, "large"))).buffer_unordered(8);
    while let Some(id) = pushes.next().await {
        ids.push(id);
        // One byte for each event.
        for raw in &mut slow {
            timeout(PATIENCE, raw.socket.read_u8()).await.expect("nothing came").unwrap();
        }
    }
    ids.sort_by_key(|id| sequence(id));
    for ids_read in reading {
        assert_eq!(ids_read.await.unwrap(), ids, "in order, while other clients do not read");
    }
    // The same for clients that resume past all of it, read a little and then nothing.
    let mut resumed = join_all((0..2 * OF_EACH_KIND).map(|_| stalled(&ada, Some(&start)))).await;
    for raw in &mut resumed {
        raw.read_until("event: large\n").await;
    }
    let grown = program.memory().saturating_sub(before);
    println!("{grown} KiB more");
    assert!(grown < BOUND, "{grown} KiB more");

    // Each has its cursor: one that begins to read after all receives everything.
    let late = &mut silent[0];
    late.read_until(&format!("id: {}\n", ids[EVENTS - 1])).await;
    let text = String::from_utf8_lossy(&late.text);
    let got: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(&got[got.len() - EVENTS..], ids);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_whose_client_takes_nothing_is_closed_in_time_and_no_other() {
    let program = Program::start(&["--keep-alive", "1s"]);
    let ada = program.user("ada").await;
    let mut normal = ada.open().await;
    let stalled = join_all((0..3).map(|_| stalled(&ada, None))).await;
    let closed = async {
        while program.streams().await > 1 {
            let id = push_large(&program, "more than fits").await;
            assert_eq!(normal.next_logged().await.id, id);
        }
    };
    timeout(PATIENCE, closed).await.expect("they are not closed");
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_whose_peer_has_vanished_is_closed_in_time_and_no_other() {
    let program = Program::start(&["--keep-alive", "1s"]);
    let ada = program.user("ada").await;
    let mut normal = ada.open().await;
    let vanished = join_all((0..3).map(|_| vanished(&ada))).await;
    // The keep-alives alone are enough to find them out.
    let closed = async {
        while program.streams().await > 1 {
            assert_eq!(normal.next().await.event, "ping");
        }
    };
    timeout(PATIENCE, closed).await.expect("they are not closed");
    drop(vanished);
}
