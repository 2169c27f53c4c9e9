//! Invariants of the log, seen from a running program.

mod common;

use common::{Program, data, sequence};
use orderwire::server::{sse::CommitNotifier, store::Store};
use sqlx::{Connection, SqliteConnection};

/// Another process writes, and its commit notifications do not reach this one.
#[tokio::test]
async fn invariant_2_a_lost_wake_up_costs_a_moment_never_an_event() {
    let program = Program::start(&[]);
    let mut stream = program.user("ada").await.open().await;
    let elsewhere = Store::open(&program.database(), CommitNotifier::default()).await.unwrap();
    for title in ["first", "second"] {
        elsewhere.notify_user("ada", title, "m", None).await.unwrap();
    }
    assert_eq!(
        [data(&stream.next_logged().await)["title"].clone(), data(&stream.next_logged().await)["title"].clone()],
        ["first", "second"]
    );
}

/// The epoch names the log: a cursor of another database is none of this one.
#[tokio::test]
async fn invariant_5_a_cursor_of_another_database_gets_a_resync() {
    let (first, second) = (Program::start(&[]), Program::start(&[]));
    let head = first.notify("ada", "t").await;
    let mut resumed = second.user("ada").await.resume(Some(&head)).await;
    let resync = resumed.next().await;
    assert_eq!((resync.event.as_str(), sequence(&resync.id)), ("resync", 0));
}

/// The log begins a new epoch under an open stream, as it does where a backup was restored.
#[tokio::test]
async fn invariant_5_a_new_epoch_gives_an_open_stream_a_resync_and_the_stream_goes_on() {
    let program = Program::start(&[]);
    let mut stream = program.user("ada").await.open().await;
    program.notify("ada", "before").await;
    assert_eq!(data(&stream.next_logged().await)["title"], "before");
    let mut database = SqliteConnection::connect(&program.database()).await.unwrap();
    sqlx::query("UPDATE log SET epoch = 'restored'").execute(&mut database).await.unwrap();
    let resync = stream.next().await;
    assert_eq!((resync.event.as_str(), resync.id.as_str()), ("resync", "restored-1"));
    program.notify("ada", "after").await;
    let after = stream.next().await;
    assert_eq!((after.id.as_str(), data(&after)["title"].as_str().unwrap()), ("restored-2", "after"));
}
