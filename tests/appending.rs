//! Appending to the log: a change tells of any number of events, and a log tail is given those of its own process from memory.

mod common;

use common::{PATIENCE, on_each_database, open, outside, read_on};
use orderwire::{
    model::user::Role,
    server::{
        sse::{CommitNotifier, EventLog},
        store::{Push, Pushed, Store},
    },
};
use serde_json::json;
use sqlx::Executor;
use tokio::time::timeout;

on_each_database![a_change_appends_any_number_of_events, a_tail_reads_what_its_process_and_others_commit_in_commit_order,];

/// Of these, every third has a key.
fn push(number: usize) -> Push {
    let user = ["ada", "grace"][number % 2];
    let key = (number.is_multiple_of(3)).then(|| format!("key {number}"));
    Push::read(json!({ "user": user, "event": "weather", "data": { "number": number }, "key": key }).to_string().as_bytes()).unwrap()
}

async fn with_grace(url: &str) -> Store {
    let store = open(url).await;
    store.add_user("grace", Role::Customer, "a long secret").await.unwrap();
    store
}

fn sequences(outcomes: &[Pushed]) -> Vec<i64> {
    outcomes.iter().map(|outcome| outcome.as_ref().unwrap().sequence).collect()
}

async fn a_change_appends_any_number_of_events(url: &str) {
    let store = with_grace(url).await;
    let mut pushes = Vec::new();
    for count in [1, 2, 3, 4, 5, 64, 255, 256, 257, 512, 600] {
        let more: Vec<_> = (pushes.len()..pushes.len() + count).map(push).collect();
        let first = pushes.len() as i64 + 1;
        assert_eq!(sequences(&store.push(&more).await.unwrap()), (first..first + count as i64).collect::<Vec<_>>());
        pushes.extend(more);
    }
    // Of another process: it has committed nothing that it could remember.
    let elsewhere = Store::open(url, CommitNotifier::default()).await.unwrap();
    let all = read_on(&elsewhere, 0).await;
    assert_eq!(all.len(), pushes.len());
    for (number, event) in all.iter().enumerate() {
        let expected = (number as i64 + 1, format!("User({:?})", ["ada", "grace"][number % 2]), json!({ "number": number }).to_string());
        assert_eq!((event.sequence, format!("{:?}", event.audience), event.data.clone()), expected);
        assert_eq!(event.kind, "weather");
    }
    let again: Vec<_> = (0..pushes.len()).step_by(3).map(push).collect();
    let expected: Vec<_> = (1..).step_by(3).take(again.len()).collect();
    assert_eq!(sequences(&elsewhere.push(&again).await.unwrap()), expected, "each key is kept with its event");
}

async fn a_tail_reads_what_its_process_and_others_commit_in_commit_order(url: &str) {
    let store = with_grace(url).await;
    let elsewhere = Store::open(url, CommitNotifier::default()).await.unwrap();
    for number in 0..40 {
        let writer = if number % 5 == 3 { &elsewhere } else { &store };
        writer.push(&[push(number)]).await.unwrap();
    }
    let expected = format!("{:?}", read_on(&elsewhere, 0).await);
    assert_eq!(format!("{:?}", read_on(&store, 0).await), expected);
    assert_eq!(format!("{:?}", read_on(&store, 0).await), expected, "and again, when nothing of it is remembered any more");
}

async fn sqlite() -> (tempfile::TempDir, String, Store) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/log.db", folder.path().display());
    let store = with_grace(&url).await;
    (folder, url, store)
}

#[tokio::test]
async fn a_tail_asks_the_database_for_nothing_that_its_process_has_just_committed() {
    let (_folder, url, store) = sqlite().await;
    // Whoever asks the database finds nothing.
    let trigger = "CREATE TRIGGER empties AFTER INSERT ON events BEGIN DELETE FROM events WHERE sequence = NEW.sequence; END";
    outside(&url).await.execute(trigger).await.unwrap();
    // What is not read at once is left to the database: on a busy machine it may take several tries.
    let read = async {
        for cursor in 0.. {
            store.push(&[push(cursor as usize)]).await.unwrap();
            let page = store.after(cursor, None).await.unwrap();
            if !page.events.is_empty() {
                return (cursor, page);
            }
        }
        unreachable!()
    };
    let (cursor, page) = timeout(PATIENCE, read).await.expect("the database was asked each time");
    assert_eq!((page.events[0].sequence, page.through, page.bounds.head), (cursor + 1, cursor + 1, cursor + 1));
    assert_eq!(store.after(cursor, None).await.unwrap().events.len(), 0, "a commit is remembered until it was read once");
}

/// Invariant 5, where the log went back and grew to the very head that the tail has read to: what the process then commits is remembered, and
/// is of another history.
#[tokio::test]
async fn invariant_5_a_log_that_goes_back_is_noticed_by_the_next_commit_too() {
    let (_folder, url, store) = sqlite().await;
    store.push(&[push(0), push(1)]).await.unwrap();
    let read = store.after(0, None).await.unwrap();
    assert_eq!((read.events.len(), read.through), (2, 2));
    let replace = "UPDATE events SET nonce = nonce / 2 + 1, data = '{}' WHERE sequence = 2";
    outside(&url).await.execute(replace).await.unwrap();
    store.push(&[push(2)]).await.unwrap();
    let after = store.after(2, None).await.unwrap();
    assert_ne!(after.bounds.epoch, read.bounds.epoch, "silence");
}

/// The commit and the new epoch may share a notification.
#[tokio::test]
async fn a_tail_is_given_nothing_from_before_a_new_epoch() {
    let (_folder, _, store) = sqlite().await;
    store.push(&[push(0)]).await.unwrap();
    let epoch = store.begin_epoch(None).await.unwrap();
    assert_eq!(store.after(0, None).await.unwrap().bounds.epoch, epoch);
}
