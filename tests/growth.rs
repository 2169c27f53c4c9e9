//! What an operation reads does not grow with the shop. PostgreSQL counts the blocks of each table and index that it touches; of SQLite, what the
//! process reads of the file is counted. No time is measured, which a busy machine would change. (Plans alone do not tell: one that looks
//! bounded may walk on in an index.)

mod common;

use common::{Service, customer, fill, items, outside, staff};
use orderwire::{
    model::{
        event::EventId,
        filter::{Filter, Sort},
        order::Status,
    },
    server::{
        sse::{CommitNotifier, EventLog},
        store::{NotificationsAt, Push, Store, StoreError, subscriber},
    },
};
use sqlx::Row;
use std::{collections::BTreeMap, fs, time::Duration};
use tokio::sync::Mutex;

/// So many that what is counted to 1,000 is.
const SMALL: i64 = 10_000;
const LARGE: i64 = 60_000;

/// SQLite's blocks are counted once each, however often one is touched: a walk shows only in a larger shop.
const LARGE_ON_SQLITE: i64 = 200_000;

/// Blocks more than twice as many as in the small shop that an operation may touch in the large one: trees are a level higher, and each key is
/// in more places of them. A walk of any of the large tables touches more.
const SLACK: i64 = 50;

/// What the process reads is counted: tests take turns.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_what_an_operation_reads_does_not_grow_with_the_shop() {
    let _turn = TURN.lock().await;
    let (small, large) = (Service::postgres().await, Service::postgres().await);
    // From the sixth time on, the plan is the generic one.
    compare(&read(&small.url(), SMALL, 8).await, &read(&large.url(), LARGE, 8).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_what_an_operation_reads_does_not_grow_with_the_shop() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite://{}/{name}.db", folder.path().display());
    // A second time, nearly all is in the connection's cache.
    compare(&read(&url("small"), SMALL, 1).await, &read(&url("large"), LARGE_ON_SQLITE, 1).await);
}

type Blocks = BTreeMap<&'static str, i64>;

fn compare(small: &Blocks, large: &Blocks) {
    let grows = |(name, blocks): &(&&str, &i64)| **blocks > 2 * small[**name] + SLACK;
    let grown: Vec<_> = large.iter().filter(grows).map(|(name, blocks)| format!("{name}: {} to {blocks} blocks", small[name])).collect();
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}

/// The blocks that each operation touches in a shop of so many orders, on the average of so many times.
async fn read(url: &str, orders: i64, times: i64) -> Blocks {
    if url.starts_with("postgres") {
        know_every_row(url).await;
    }
    let store = Store::open(url, CommitNotifier::default()).await.unwrap();
    fill(url, orders).await;
    for user in [customer("ada"), staff()] {
        store.add_user(&user.username, user.role, "a long secret").await.unwrap();
    }
    store.close().await;
    let mut blocks = BTreeMap::new();
    // The store's connections are closed after each: what they touched is counted then, and the next ones begin with an empty cache.
    macro_rules! measure {
        ($($name:literal: |$store:ident| $operation:expr;)*) => {
            $(
                let $store = Store::open(url, CommitNotifier::default()).await.unwrap();
                let before = touched(url).await;
                for _ in 0..times {
                    $operation.unwrap();
                }
                $store.close().await;
                blocks.insert($name, (touched(url).await - before) / times);
            )*
        };
    }
    let search = |search: &str, status| Filter { search: search.into(), status, ..Filter::default() };
    let middle = Filter { before: Some((orders / 2).into()), ..Filter::default() };
    let newer = Filter { after: Some((orders / 2).into()), ..Filter::default() };
    let sorted = |sort, status| Filter { sort, status, ..Filter::default() };
    let days = Filter { from: "2026-01-01".into(), to: "2026-01-01".into(), ..Filter::default() };
    measure! {
        "snapshot, customer without orders": |store| store.snapshot(customer("ada"), Filter::default(), Duration::ZERO).await;
        "snapshot, customer": |store| store.snapshot(customer("c7"), Filter::default(), Duration::ZERO).await;
        "snapshot, customer, one status": |store| store.snapshot(customer("c7"), search("", Some(Status::Placed)), Duration::ZERO).await;
        "snapshot, customer, product": |store| store.snapshot(customer("c7"), search("mug", None), Duration::ZERO).await;
        "snapshot, staff": |store| store.snapshot(staff(), Filter::default(), Duration::ZERO).await;
        "snapshot, staff, the middle": |store| store.snapshot(staff(), middle.clone(), Duration::ZERO).await;
        "snapshot, staff, one status": |store| store.snapshot(staff(), search("", Some(Status::Packed)), Duration::ZERO).await;
        "snapshot, staff, before the middle": |store| store.snapshot(staff(), newer.clone(), Duration::ZERO).await;
        "snapshot, staff, by total": |store| store.snapshot(staff(), sorted(Sort::Highest, None), Duration::ZERO).await;
        "snapshot, staff, by update": |store| store.snapshot(staff(), sorted(Sort::UpdatedFirst, Some(Status::Delivered)), Duration::ZERO).await;
        "snapshot, staff, a day": |store| store.snapshot(staff(), days.clone(), Duration::ZERO).await;
        "a page of a file": |store| store.order_page(&staff(), middle.clone()).await;
        "search, many customers": |store| store.snapshot(staff(), search("c", None), Duration::ZERO).await;
        "search, some customers": |store| store.snapshot(staff(), search("c1", Some(Status::Placed)), Duration::ZERO).await;
        "search, some customers, one of most orders": |store| store.snapshot(staff(), search("c7", None), Duration::ZERO).await;
        "search, product": |store| store.snapshot(staff(), search("mug", None), Duration::ZERO).await;
        "search, product, one status": |store| store.snapshot(staff(), search("mug", Some(Status::Packed)), Duration::ZERO).await;
        "search, product that nobody ordered": |store| store.snapshot(staff(), search("kettle", None), Duration::ZERO).await;
        "search, number": |store| store.snapshot(staff(), search("15", None), Duration::ZERO).await;
        "search, nothing": |store| store.snapshot(staff(), search("zzz", None), Duration::ZERO).await;
        "order": |store| store.order_details(&staff(), orders / 2).await;
        "order, by its id": |store| store.order_number(&staff(), "none").await.or(Ok::<_, StoreError>(0));
        "notifications, newest": |store| store.notification_page("c7", NotificationsAt::Newest).await;
        "notifications, older": |store| store.notification_page("c7", NotificationsAt::Before("n1500".into())).await;
        "notifications, newer": |store| store.notification_page("c7", NotificationsAt::After("n1500".into())).await;
        "figures": |store| store.figures().await;
        "resume, customer": |store| store.after(0, Some(&subscriber(&customer("c7")))).await;
        "resume at the end, customer": |store| store.after(orders - 10, Some(&subscriber(&customer("c7")))).await;
        "resume at the end, staff": |store| store.after(orders - 10, Some(&subscriber(&staff()))).await;
        "resume, nothing to be told": |store| store.after(0, Some(&subscriber(&customer("ada")))).await;
        "resume, staff": |store| store.after(0, Some(&subscriber(&staff()))).await;
        "audit at the end": |store| store.audit(&subscriber(&customer("c7")), &position(&store, orders - 10).await, &position(&store, orders).await).await;
        "the demo's next order": |store| store.some_open_order().await;
        "push": |store| store.push(&[Push::new("ada", "weather", "{}", None).unwrap()]).await;
        "place": |store| store.place_order("ada", items(&[0, 1])).await;
        "trim, nothing is old": |store| store.trim(Duration::from_secs(3_600)).await;
        "trim notifications, nothing is old": |store| store.trim_notifications(Duration::from_secs(3_600)).await;
    }
    blocks
}

/// Before a shop is filled: its ANALYZE then reads every row. Of a part of the rows, what the planner looks up in the indexes is a matter of
/// chance, and counted; and so is what autovacuum touches.
async fn know_every_row(url: &str) {
    let mut database = outside(url).await;
    for statement in ["ALTER SYSTEM SET autovacuum = off", "ALTER SYSTEM SET default_statistics_target = 1000", "SELECT pg_reload_conf()"] {
        sqlx::query(statement).execute(&mut database).await.unwrap();
    }
}

async fn position(store: &Store, sequence: i64) -> EventId {
    EventId { epoch: store.bounds().await.unwrap().epoch, sequence }
}

/// Blocks of tables and of indexes that were touched so far: on PostgreSQL in memory or not, on SQLite those that the process has read.
async fn touched(url: &str) -> i64 {
    const SQLITE_PAGE: i64 = 4_096;
    const COUNT: &str = "SELECT CAST(SUM(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit) AS BIGINT) FROM pg_statio_user_tables \
                         WHERE relname <> '_sqlx_migrations'";
    // A connection counts what it touched when it ends, and then it is no longer among these.
    const OTHERS: &str = "SELECT COUNT(*) FROM pg_stat_activity \
                          WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    if url.starts_with("sqlite") {
        let counts = fs::read_to_string("/proc/self/io").unwrap();
        return counts.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse::<i64>().unwrap() / SQLITE_PAGE;
    }
    let mut database = outside(url).await;
    while sqlx::query(OTHERS).fetch_one(&mut database).await.unwrap().get::<i64, _>(0) > 0 {
        tokio::task::yield_now().await;
    }
    sqlx::query(COUNT).fetch_one(&mut database).await.unwrap().get(0)
}
