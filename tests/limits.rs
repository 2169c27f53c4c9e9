//! Capacity: as many streams as there are open files for; one too many gets a refusal at once, the others go on; a burst of connections
//! waits in the backlog.

mod common;

use common::{PATIENCE, Program, RawStream, files, orderwire_within};
use futures::{StreamExt, future::join_all, stream};
use reqwest::StatusCode;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const MANY: [&str; 4] = ["--max-streams-per-user", "1000", "--max-streams", "1000"];

/// The soft limit is for programs that use `select`; the hard limit is the machine's.
#[tokio::test]
async fn the_soft_limit_of_open_files_is_raised_to_the_hard_limit() {
    let program = Program::start_within("-S -n 256", &MANY);
    let ada = program.user("ada").await;
    let open: Vec<_> = stream::iter(0..400).map(|_| RawStream::open(&ada)).buffer_unordered(16).collect().await;
    assert!(open.iter().all(RawStream::is_open));
}

#[test]
fn the_capacity_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/a.db", folder.path().display());
    let mut command = orderwire_within("-S -n 256 && ulimit -H -n 1000");
    command.args(["--addr", "127.0.0.1:0", "--database-url", &database]).env("RUST_LOG", "info");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = log.find(|line| line.contains("limits")).expect("nothing is logged");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("files=1000") && line.contains("streams=744"), "{line}");
}

#[tokio::test]
async fn one_stream_more_than_there_are_files_for_is_refused() {
    let program = Program::start_within("-n 300", &MANY);
    let ada = program.user("ada").await;
    let mut open = Vec::new();
    let refused = loop {
        let raw = RawStream::open(&ada).await;
        if !raw.is_open() {
            break raw;
        }
        open.push(raw);
    };
    let answer = String::from_utf8_lossy(&refused.text);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nretry-after: "), "{answer}");
    assert!(open.len() >= 100, "{}", open.len());
    // However many try again and keep their connections open: a refused one holds no file, so pages are still served.
    let mut refused = Vec::new();
    for _ in 0..300 {
        refused.push(RawStream::open(&ada).await);
    }
    assert_eq!(program.user("grace").await.snapshot().await["user"]["username"], "grace");
    drop(open);
    while ada.events(None, None).await.status() != StatusCode::OK {}
}

#[tokio::test]
async fn one_connection_more_than_there_are_files_for_is_refused() {
    let program = Program::start_within("-n 300", &MANY);
    let addr = program.base.trim_start_matches("http://");
    let mut stream = program.user("ada").await.open().await;
    let mut kept = Vec::new();
    let refusal = loop {
        let mut connection = TcpStream::connect(addr).await.unwrap();
        connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 1_024];
        let count = timeout(PATIENCE, connection.read(&mut answer)).await.expect("no answer").unwrap();
        if !answer.starts_with(b"HTTP/1.1 200 ") {
            break String::from_utf8_lossy(&answer[..count]).into_owned();
        }
        kept.push(connection);
    };
    assert!(refusal.starts_with("HTTP/1.1 503 ") && refusal.contains("\r\nretry-after: 5\r\n"), "{refusal}");
    // Once the program has noticed that they are closed, it serves again.
    drop(kept);
    let push = serde_json::json!({ "user": "ada", "event": "e", "data": {} });
    while program.push(push.clone()).await.0 != StatusCode::ACCEPTED {}
    assert_eq!(stream.next_logged().await.event, "e");
}

/// Connections without a request, more of them than there are files.
#[tokio::test]
async fn connections_that_take_every_file_stop_neither_open_streams_nor_the_program() {
    let program = Program::start_within("-n 300", &["--keep-alive", "500ms"]);
    let addr = program.base.trim_start_matches("http://");
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let idle = join_all((0..400).map(|_| TcpStream::connect(addr))).await;
    for _ in 0..3 {
        assert_eq!(stream.next().await.event, "ping");
    }
    drop(idle);
    let served = async { while !matches!(ada.try_snapshot().await, Ok((StatusCode::OK, _))) {} };
    timeout(PATIENCE, served).await.expect("it does not serve again");
}

/// After a restart, all clients connect at once, faster than the program accepts.
#[tokio::test]
async fn a_burst_of_connections_waits_in_the_backlog_and_is_served() {
    let longest: usize = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    let burst = longest.min(1_500).min(files() / 2);
    let program = Program::start(&[]);
    let addr = program.base.trim_start_matches("http://");
    program.signal("STOP");
    // The program is suspended: each of these waits in the backlog.
    let waiting = timeout(PATIENCE, join_all((0..burst).map(|_| TcpStream::connect(addr)))).await.expect("the backlog is too short");
    program.signal("CONT");
    let served = waiting.into_iter().map(|connection| async {
        let mut connection = connection.unwrap();
        connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, connection.read_to_string(&mut answer)).await.expect("no answer").unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
    assert_eq!(join_all(served).await.len(), burst);
}
