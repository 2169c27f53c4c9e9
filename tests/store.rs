//! The store's promises, held by each database there is: one suite, run on SQLite and on PostgreSQL.

mod common;

use common::{Service, orderwire};
use futures::future::join_all;
use orderwire::{
    model::{
        error::Kind,
        order::{CATALOGUE, Item, Status},
        snapshot::Filter,
        user::{Role, User},
    },
    server::{
        sse::{Audience, CommitNotifier, EventLog, LogEvent, Page},
        store::{Push, Store, Which},
    },
};
use serde_json::json;
use std::time::Duration;

/// Each promise is tried on each database, with one customer in it.
macro_rules! on_each_database {
    ($($promise:ident,)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                super::$promise(&format!("sqlite://{}/log.db", folder.path().display())).await;
            })*
        }

        mod on_postgresql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let database = super::Service::postgres().await;
                super::$promise(&database.url()).await;
            })*
        }
    };
}

on_each_database![
    a_tailing_reader_never_passes_an_event_by_however_many_write,
    an_event_has_a_sequence_if_and_only_if_its_change_committed,
    an_order_is_never_moved_twice_by_one_step,
    trimming_while_reading_leaves_no_hole,
    the_same_key_at_once_is_one_event,
    what_is_read_at_once_is_read_once,
    a_snapshot_finds_what_is_asked_for,
    figures_count_what_there_is,
    no_text_that_cannot_be_kept_harms_what_comes_with_it,
    who_is_removed_leaves_nothing_to_be_read,
];

async fn store(url: &str) -> Store {
    let store = Store::open(url, CommitNotifier::default()).await.unwrap();
    store.add_user("ada", Role::Customer, "secret".into()).await.unwrap();
    store
}

/// Several instances, each with a writer of its own, where the database may be shared; else the one, several times.
async fn instances(url: &str, one: &Store) -> Vec<Store> {
    match one.is_shared() {
        true => join_all((0..4).map(|_| Store::open(url, CommitNotifier::default()))).await.into_iter().map(Result::unwrap).collect(),
        false => vec![one.clone(); 4],
    }
}

fn ada() -> User {
    User { username: "ada".into(), role: Role::Customer }
}

fn push(user: &str, key: Option<&str>) -> Push {
    Push::read(json!({ "user": user, "event": "weather", "data": {}, "key": key }).to_string().as_bytes()).unwrap()
}

fn items() -> Vec<Item> {
    let product = CATALOGUE[0];
    vec![Item { sku: product.sku.into(), name: product.name.into(), quantity: 1, price_cents: product.price_cents }]
}

/// Everything past `cursor`, page by page, until the log says that there is no more.
async fn read_on(store: &Store, mut cursor: i64) -> Vec<LogEvent> {
    let mut all = Vec::new();
    loop {
        let Page { bounds, events, through } = store.after(cursor, None).await.unwrap();
        assert!(cursor >= bounds.floor, "trimmed");
        all.extend(events);
        if through == cursor {
            return all;
        }
        cursor = through;
    }
}

/// Invariant 1: sequence order is commit order. A reader that tails the log while many write never finds anything behind it later.
async fn a_tailing_reader_never_passes_an_event_by_however_many_write(url: &str) {
    let store = store(url).await;
    const WRITERS: usize = 16;
    const EACH: usize = 25;

    let instances = instances(url, &store).await;
    let writers = join_all((0..WRITERS).map(|writer| {
        let store = instances[writer % instances.len()].clone();
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
        let cursor = tailed.last().map_or(0, |event: &LogEvent| event.sequence);
        tailed.extend(read_on(&store, cursor).await);
    }
    let sequences: Vec<_> = tailed.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=(WRITERS * EACH) as i64).collect::<Vec<_>>());
    let numbers: Vec<_> =
        tailed.iter().map(|event| serde_json::from_str::<serde_json::Value>(&event.data).unwrap()["number"].as_i64()).collect();
    assert!(numbers.is_sorted(), "what committed first is told first");
}

/// Invariant 1: a change that is refused leaves no event, and no hole in the sequence.
async fn an_event_has_a_sequence_if_and_only_if_its_change_committed(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    store.cancel_order(&ada(), &order.order_id).await.unwrap();
    let before = store.bounds().await.unwrap().head;
    for refused in [store.advance_order(&order.order_id).await, store.cancel_order(&ada(), &order.order_id).await] {
        assert_eq!(refused.unwrap_err().kind, Kind::Conflict);
    }
    assert_eq!(store.notify_user("nobody", "t", "m").await.unwrap_err().kind, Kind::NotFound);
    let outcomes = store.push(&[push("nobody", None), push("ada", None), push("nobody", None), push("ada", None)]).await.unwrap();
    let sequences: Vec<_> = outcomes.into_iter().map(|outcome| outcome.ok().map(|id| id.sequence)).collect();
    assert_eq!(sequences, [None, Some(before + 1), None, Some(before + 2)]);
    assert_eq!(store.bounds().await.unwrap().head, before + 2);
}

/// Of two who move an order at once, it moves once for each that was told so.
async fn an_order_is_never_moved_twice_by_one_step(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    let instances = instances(url, &store).await;
    let moves = join_all((0..8).map(|mover| {
        let (store, id) = (instances[mover % instances.len()].clone(), order.order_id.clone());
        tokio::spawn(async move { store.advance_order(&id).await })
    }))
    .await;
    let moved: Vec<_> = moves.into_iter().filter_map(|moved| moved.unwrap().ok()).map(|order| order.version).collect();
    assert_eq!(moved.len(), 3);
    let told = read_on(&store, 0).await.iter().filter(|event| event.kind == "order.updated").count();
    assert_eq!(told, 4, "placed, and three moves");
}

/// Invariant 3, where trimming and reading meet: what is kept is read whole, what is not is said to be gone.
async fn trimming_while_reading_leaves_no_hole(url: &str) {
    let store = store(url).await;
    for _ in 0..300 {
        store.notify_user("ada", "t", "m").await.unwrap();
    }
    let trimming = tokio::spawn({
        let store = store.clone();
        async move { store.trim(Duration::ZERO).await.unwrap() }
    });
    let mut cursor = 0;
    let mut gone = false;
    while !gone {
        let Page { bounds, events, through } = store.after(cursor, None).await.unwrap();
        if cursor < bounds.floor {
            (gone, cursor) = (true, bounds.head);
            continue;
        }
        let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, (cursor + 1..=through).collect::<Vec<_>>());
        // Begin again: sooner or later the beginning has been trimmed.
        cursor = if through == cursor { 0 } else { through };
    }
    assert!(trimming.await.unwrap() > 0);
    store.notify_user("ada", "t", "m").await.unwrap();
    assert_eq!(read_on(&store, cursor).await.len(), 1, "and it goes on from the head");
}

/// A pusher that tries again on several lines at once.
async fn the_same_key_at_once_is_one_event(url: &str) {
    let store = store(url).await;
    let instances = instances(url, &store).await;
    let pushes = join_all((0..16).map(|pusher| {
        let store = instances[pusher % instances.len()].clone();
        tokio::spawn(async move { store.push(&[push("ada", Some("k")), push("ada", Some("k"))]).await.unwrap() })
    }))
    .await;
    let ids: Vec<_> = pushes.into_iter().flat_map(|outcomes| outcomes.unwrap()).map(|id| id.unwrap().sequence).collect();
    assert_eq!(ids, [1; 32]);
    assert_eq!(read_on(&store, 0).await.len(), 1);
}

/// Two tabs that mark the same as read: one of them did it, and it is told once.
async fn what_is_read_at_once_is_read_once(url: &str) {
    let store = store(url).await;
    let one = store.notify_user("ada", "t", "m").await.unwrap();
    store.broadcast("to all", "m").await.unwrap();
    let tabs = instances(url, &store).await.into_iter().zip([Which::All, Which::One(one.id), Which::All]);
    let readings = join_all(tabs.map(|(store, which)| tokio::spawn(async move { store.mark_read("ada", which).await.unwrap() }))).await;
    let read: usize = readings.iter().map(|reading| reading.as_ref().unwrap().ids.len()).sum();
    assert_eq!(read, 2);
    let told = read_on(&store, 0).await.into_iter().filter(|event| event.kind == "notification.read");
    let told: Vec<serde_json::Value> = told.map(|event| serde_json::from_str(&event.data).unwrap()).collect();
    assert_eq!(told.iter().map(|told| told["ids"].as_array().unwrap().len()).sum::<usize>(), 2);
    assert_eq!(told.last().unwrap()["unread"], 0);
}

async fn a_snapshot_finds_what_is_asked_for(url: &str) {
    let store = store(url).await;
    store.add_user("grace", Role::Customer, "secret".into()).await.unwrap();
    let first = store.place_order("ada", items()).await.unwrap();
    let second = store.place_order("grace", items()).await.unwrap();
    store.advance_order(&second.order_id).await.unwrap();
    let ops = || User { username: "ops".into(), role: Role::Staff };
    let found = async |user: User, filter: Filter| {
        let snapshot = store.snapshot(user, filter, Duration::ZERO).await.unwrap();
        snapshot.orders.iter().map(|order| order.number).collect::<Vec<_>>()
    };
    let search = |search: &str| Filter { search: search.into(), ..Filter::default() };
    let both = vec![second.number, first.number];
    assert_eq!(found(ops(), Filter::default()).await, both);
    assert_eq!(found(ada(), Filter::default()).await, [first.number]);
    assert_eq!(found(ops(), Filter { status: Some(Status::Packed), ..Filter::default() }).await, [second.number]);
    assert_eq!(found(ops(), Filter { before: Some(second.number), ..Filter::default() }).await, [first.number]);
    assert_eq!(found(ops(), search(&first.number.to_string())).await, [first.number]);
    assert_eq!(found(ops(), search("GRA")).await, [second.number]);
    assert_eq!(found(ops(), search(&CATALOGUE[0].name.to_uppercase())).await, both);
    for nothing in ["%", "_", "\\", "\0", "'"] {
        assert_eq!(found(ops(), search(nothing)).await, [0; 0], "{nothing:?}");
    }
    let snapshot =
        store.snapshot(User { username: "grace".into(), role: Role::Customer }, Filter::default(), Duration::ZERO).await.unwrap();
    assert_eq!((snapshot.cursor.sequence, snapshot.unread, snapshot.notifications.len()), (4, 1, 1));
}

async fn figures_count_what_there_is(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    let cancelled = store.place_order("ada", items()).await.unwrap();
    store.cancel_order(&ada(), &cancelled.order_id).await.unwrap();
    let figures = store.figures().await.unwrap();
    assert_eq!(figures.orders, Status::ALL.map(|status| i64::from([Status::Placed, Status::Cancelled].contains(&status))));
    assert_eq!(figures.revenue_cents, order.total_cents);
    assert_eq!(figures.events_each.iter().sum::<u32>(), 3);
    assert_eq!(store.some_open_order().await.unwrap(), Some(order.order_id));
}

/// PostgreSQL keeps no NUL, and gives up a transaction in which one is asked for.
async fn no_text_that_cannot_be_kept_harms_what_comes_with_it(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    let outcomes = store.push(&[push("a\0da", None), push("ada", None)]).await.unwrap();
    assert_eq!(outcomes[0].as_ref().unwrap_err().kind, Kind::NotFound);
    assert!(outcomes[1].is_ok());
    let advanced = store.advance_orders(&["a\0".into(), order.order_id]).await.unwrap();
    assert_eq!((advanced.orders.len(), advanced.refused.len()), (1, 1));
    assert_eq!(store.authenticate("a\0da", "secret".into()).await.unwrap().map(|account| account.user), None);
    assert_eq!(store.mark_read("ada", Which::One("a\0".into())).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(store.notify_user("ada", "a\0", "m").await.unwrap_err().kind, Kind::Invalid);
}

async fn who_is_removed_leaves_nothing_to_be_read(url: &str) {
    let store = store(url).await;
    assert!(store.authenticate("ada", "secret".into()).await.unwrap().is_some());
    store.notify_user("ada", "private", "m").await.unwrap();
    store.remove_user("ada").await.unwrap();
    assert!(store.authenticate("ada", "secret".into()).await.unwrap().is_none());
    let left = read_on(&store, 0).await;
    assert_eq!(left.last().unwrap().audience, Audience::SessionsEnded("ada".into()));
    assert!(left.iter().all(|event| event.audience != Audience::User("ada".into())));
    store.add_user("ada", Role::Customer, "another".into()).await.unwrap();
    let snapshot = store.snapshot(ada(), Filter::default(), Duration::ZERO).await.unwrap();
    assert!(snapshot.notifications.is_empty());
}

/// A wrong database is one clear line, without the password that its address bears.
#[test]
fn a_database_that_cannot_be_used_is_one_clear_line_without_its_password() {
    for url in ["postgres://ops:hush@127.0.0.1:1/orders", "postgres://ops:hush@127.0.0.1:99999/orders", "mysql://ops:hush@127.0.0.1/orders"]
    {
        let output = orderwire().args(["--database-url", url]).env("RUST_LOG", "off").output().unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
        assert!(line.contains("database") && !line.contains("hush"), "{line}");
    }
}

/// An older program leaves a newer one's database alone, and says why.
#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let database = Service::postgres().await;
    let url = database.url();
    let opened = Store::open(&url, CommitNotifier::default()).await.unwrap();
    opened.close().await;
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
                 FROM _sqlx_migrations WHERE version = 1";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    let output = orderwire().args(["--database-url", &url]).env("RUST_LOG", "off").output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && line.lines().count() == 1 && line.contains("newer version"), "{line}");
}
