//! The log's invariants, held by many writers at once on a real database, and seen from a running program.

mod common;

use common::{Program, data, sequence};
use futures::future::join_all;
use orderwire::{
    error::Kind,
    order::{CATALOGUE, Item},
    server::{
        live::Bell,
        store::{Logged, Page, Push, Store},
    },
    user::{Role, User},
};
use serde_json::json;
use tempfile::TempDir;

/// A database of its own with one customer in it.
async fn store() -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}/log.db", folder.path().display()), Bell::default()).await.unwrap();
    store.add_user("ada", Role::Customer, "secret".into()).await.unwrap();
    (store, folder)
}

fn items() -> Vec<Item> {
    let product = CATALOGUE[0];
    vec![Item { sku: product.sku.into(), name: product.name.into(), quantity: 1, price_cents: product.price_cents }]
}

/// Everything past `cursor`, page by page, until the log says that there is no more.
async fn read_on(store: &Store, mut cursor: i64) -> Vec<Logged> {
    let mut all = Vec::new();
    loop {
        let Page::Events { events, through } = store.after(cursor, None).await.unwrap() else { panic!("trimmed") };
        all.extend(events);
        if through == cursor {
            return all;
        }
        cursor = through;
    }
}

/// Invariant 1: sequence order is commit order. A reader that tails the log while many write never finds anything behind it later.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tailing_reader_never_passes_an_event_by_however_many_write() {
    const WRITERS: usize = 16;
    const EACH: usize = 25;
    let (store, _folder) = store().await;
    let writers = join_all((0..WRITERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                store.place_order("ada", items()).await.unwrap();
            }
        })
    }));
    let mut tailed = Vec::new();
    tokio::pin!(writers);
    let mut done = false;
    while !done {
        // One more look after the last writer has committed.
        done = futures::poll!(&mut writers).is_ready();
        let cursor = tailed.last().map_or(0, |event: &Logged| event.sequence);
        tailed.extend(read_on(&store, cursor).await);
    }
    let sequences: Vec<_> = tailed.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=(WRITERS * EACH) as i64).collect::<Vec<_>>());
    let numbers: Vec<_> =
        tailed.iter().map(|event| serde_json::from_str::<serde_json::Value>(&event.data).unwrap()["number"].as_i64()).collect();
    assert!(numbers.is_sorted(), "what committed first is told first");
}

/// Invariant 1: a change that is refused leaves no event, and no hole in the sequence.
#[tokio::test]
async fn an_event_has_a_sequence_if_and_only_if_its_change_committed() {
    let (store, _folder) = store().await;
    let order = store.place_order("ada", items()).await.unwrap();
    let ada = User { username: "ada".into(), role: Role::Customer };
    store.cancel_order(&ada, &order.order_id).await.unwrap();
    let before = store.extent().await.unwrap().head;
    for refused in [store.advance_order(&order.order_id).await, store.cancel_order(&ada, &order.order_id).await] {
        assert_eq!(refused.unwrap_err().kind, Kind::Conflict);
    }
    assert_eq!(store.notify_user("nobody", "t", "m").await.unwrap_err().kind, Kind::NotFound);
    let push = |user: &str| Push::read(json!({ "user": user, "event": "weather", "data": {} }).to_string().as_bytes()).unwrap();
    let outcomes = store.push(&[push("nobody"), push("ada"), push("nobody"), push("ada")]).await.unwrap();
    let sequences: Vec<_> = outcomes.into_iter().map(|outcome| outcome.ok().map(|id| id.sequence)).collect();
    assert_eq!(sequences, [None, Some(before + 1), None, Some(before + 2)]);
    assert_eq!(store.extent().await.unwrap().head, before + 2);
}

/// Of two who move an order at once, it moves once for each that was told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_is_never_moved_twice_by_one_step() {
    let (store, _folder) = store().await;
    let order = store.place_order("ada", items()).await.unwrap();
    let moves = join_all((0..8).map(|_| {
        let (store, id) = (store.clone(), order.order_id.clone());
        tokio::spawn(async move { store.advance_order(&id).await })
    }))
    .await;
    let moved: Vec<_> = moves.into_iter().filter_map(|moved| moved.unwrap().ok()).map(|order| order.version).collect();
    assert_eq!(moved.len(), 3);
    let told = read_on(&store, 0).await.iter().filter(|event| event.kind == "order.updated").count();
    assert_eq!(told, 4, "placed, and three moves");
}

/// Invariant 2: another process writes, whose bell this one cannot hear.
#[tokio::test]
async fn a_lost_ring_costs_a_moment_never_an_event() {
    let program = Program::start(&[]);
    let mut stream = program.person("ada").await.open().await;
    let elsewhere = Store::open(&program.database(), Bell::default()).await.unwrap();
    for title in ["first", "second"] {
        elsewhere.notify_user("ada", title, "m").await.unwrap();
    }
    assert_eq!([data(&stream.logged().await)["title"].clone(), data(&stream.logged().await)["title"].clone()], ["first", "second"]);
}

/// Invariant 3, where trimming and reading meet: what is kept is read whole, what is not is said to be gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn trimming_while_reading_leaves_no_hole() {
    let (store, _folder) = store().await;
    for _ in 0..300 {
        store.notify_user("ada", "t", "m").await.unwrap();
    }
    let trimming = tokio::spawn({
        let store = store.clone();
        async move { store.trim(std::time::Duration::ZERO).await.unwrap() }
    });
    let mut cursor = 0;
    let mut gone = false;
    while !gone {
        match store.after(cursor, None).await.unwrap() {
            Page::Gone { head } => (gone, cursor) = (true, head),
            Page::Events { events, through } => {
                let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
                assert_eq!(sequences, (cursor + 1..=through).collect::<Vec<_>>());
                // Begin again: sooner or later the beginning has been trimmed.
                cursor = if through == cursor { 0 } else { through };
            }
        }
    }
    assert!(trimming.await.unwrap() > 0);
    store.notify_user("ada", "t", "m").await.unwrap();
    assert_eq!(read_on(&store, cursor).await.len(), 1, "and it goes on from the head");
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
