//! The log's invariants, seen from a running program.

mod common;

use common::{Program, data, sequence};
use orderwire::server::{sse::CommitNotifier, store::Store};

/// Invariant 2: another process writes, whose bell this one cannot hear.
#[tokio::test]
async fn a_lost_ring_costs_a_moment_never_an_event() {
    let program = Program::start(&[]);
    let mut stream = program.person("ada").await.open().await;
    let elsewhere = Store::open(&program.database(), CommitNotifier::default()).await.unwrap();
    for title in ["first", "second"] {
        elsewhere.notify_user("ada", title, "m").await.unwrap();
    }
    assert_eq!([data(&stream.logged().await)["title"].clone(), data(&stream.logged().await)["title"].clone()], ["first", "second"]);
}

/// The epoch names the log: a new database never continues an old one's positions.
#[tokio::test]
async fn a_new_database_is_another_log() {
    let (first, second) = (Program::start(&[]), Program::start(&[]));
    let head = first.notify("ada", "t").await;
    let mut resumed = second.person("ada").await.resume(Some(&head)).await;
    let resync = resumed.next().await;
    assert_eq!((resync.event.as_str(), sequence(&resync.id)), ("resync", 0));
}
