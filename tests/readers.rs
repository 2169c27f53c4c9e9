//! Readers who do not read, read a byte at a time, or have vanished without a word: the others wait for none of them, they cost the
//! program no memory, and it forgets them in time.

mod common;

use common::{PATIENCE, Person, Program, Raw, data, sequence};
use futures::{StreamExt, future::join_all, stream};
use reqwest::StatusCode;
use serde_json::json;
use socket2::{SockFilter, SockRef};
use tokio::{io::AsyncReadExt, net::TcpSocket, time::timeout};

/// Just below what an event may have.
const LARGE: usize = 16_000;

/// A stream of who takes only what the smallest of buffers takes.
async fn stuck(person: &Person, after: Option<&str>) -> Raw {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    Raw::over(socket, person, after).await
}

/// A stream of whose peer nothing is heard any more, not even that it is gone: its kernel throws away what comes.
async fn vanished(person: &Person) -> Raw {
    const RETURN: u16 = 0x06;
    let raw = Raw::open(person).await;
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
async fn who_does_not_read_delays_nobody_and_costs_a_cursor_not_memory() {
    const EVENTS: usize = 1_000;
    const OF_EACH_KIND: usize = 10;
    /// In KiB. Queued for those who do not read it would be almost 500 MiB.
    const BOUND: usize = 40 * 1_024;
    // Nobody is closed meanwhile, however long it takes.
    let program = Program::start(&["--max-streams-per-user", "1000", "--keep-alive", "5m"]);
    let ada = program.person("ada").await;
    let normal = join_all((0..3).map(|_| ada.open())).await;
    let start = normal[0].start.clone();
    // What the program takes once, for whomever.
    for _ in 0..50 {
        push_large(&program, "warm-up").await;
    }
    let before = program.memory();

    let mut silent = join_all((0..OF_EACH_KIND).map(|_| stuck(&ada, None))).await;
    let mut slow = join_all((0..OF_EACH_KIND).map(|_| stuck(&ada, None))).await;
    let _gone = join_all((0..OF_EACH_KIND).map(|_| vanished(&ada))).await;
    let reading = normal.into_iter().map(|mut reader| {
        tokio::spawn(async move {
            let mut ids = Vec::new();
            while ids.len() < EVENTS {
                let event = reader.logged().await;
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
        // A byte an event.
        for raw in &mut slow {
            timeout(PATIENCE, raw.socket.read_u8()).await.expect("nothing came").unwrap();
        }
    }
    ids.sort_by_key(|id| sequence(id));
    for reader in reading {
        assert_eq!(reader.await.unwrap(), ids, "in order, while others do not read");
    }
    // Likewise who comes back after all of it, takes a little and no more.
    let mut back = join_all((0..2 * OF_EACH_KIND).map(|_| stuck(&ada, Some(&start)))).await;
    for raw in &mut back {
        raw.until("event: large\n").await;
    }
    let grown = program.memory().saturating_sub(before);
    println!("{grown} KiB more");
    assert!(grown < BOUND, "{grown} KiB more");

    // And its cursor is kept: one that reads after all gets everything.
    let late = &mut silent[0];
    late.until(&format!("id: {}\n", ids[EVENTS - 1])).await;
    let text = String::from_utf8_lossy(&late.text);
    let got: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(&got[got.len() - EVENTS..], ids);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_nothing_is_forgotten_in_time_and_nobody_else() {
    let program = Program::start(&["--keep-alive", "1s"]);
    let ada = program.person("ada").await;
    let mut normal = ada.open().await;
    let stuck = join_all((0..3).map(|_| stuck(&ada, None))).await;
    let forgotten = async {
        while program.streams().await > 1 {
            let id = push_large(&program, "more than they take").await;
            assert_eq!(normal.logged().await.id, id);
        }
    };
    timeout(PATIENCE, forgotten).await.expect("they are not forgotten");
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_vanished_is_forgotten_in_time_and_nobody_else() {
    let program = Program::start(&["--keep-alive", "1s"]);
    let ada = program.person("ada").await;
    let mut normal = ada.open().await;
    let vanished = join_all((0..3).map(|_| vanished(&ada))).await;
    // The program's own signs of life are enough to find it out.
    let forgotten = async {
        while program.streams().await > 1 {
            assert_eq!(normal.next().await.event, "ping");
        }
    };
    timeout(PATIENCE, forgotten).await.expect("they are not forgotten");
    drop(vanished);
}
