//! The shop of `--demo-shop`: it gets its past once, whole or not at all; it agrees with itself as any other; its orders move while somebody
//! watches.

mod common;

use common::{Program, agrees_with_itself, customer, data, items, on_each_database, open, outside, sequence, staff};
use futures::future::join_all;
use orderwire::{
    model::{order::Status, snapshot::Filter},
    server::{
        demo_shop,
        sse::{CommitNotifier, EventLog},
        store::{Store, StoreError, subscriber},
    },
};
use serde_json::json;
use sqlx::Executor;
use std::time::Duration;

on_each_database![
    a_shop_with_a_past_agrees_with_itself,
    the_log_of_a_new_shop_is_as_after_a_trim,
    a_new_shop_shows_a_past_on_every_page,
    of_many_instances_that_start_one_writes_the_past,
    a_shop_that_had_an_order_gets_no_past,
    a_past_that_fails_half_way_leaves_nothing,
];

async fn new_shop(url: &str) -> Store {
    let store = open(url).await;
    store.add_demo_users(true).await.unwrap();
    demo_shop::open(&store).await.unwrap();
    store
}

async fn orders(store: &Store) -> i64 {
    store.figures().await.unwrap().orders.iter().sum()
}

async fn a_shop_with_a_past_agrees_with_itself(url: &str) {
    let store = new_shop(url).await;
    assert!(orders(&store).await > 200);
    agrees_with_itself(&store, url).await;
    // And goes on as any other.
    let open = store.some_open_order().await.unwrap().unwrap();
    store.advance_order("ops", &open, None).await.unwrap();
    let newest = store.place_order("ada", items(&[0])).await.unwrap();
    assert_eq!(newest.number, 1_000 + orders(&store).await);
    agrees_with_itself(&store, url).await;
}

/// Nothing of the past can be replayed, and what comes has the next sequences.
async fn the_log_of_a_new_shop_is_as_after_a_trim(url: &str) {
    let store = new_shop(url).await;
    let bounds = store.bounds().await.unwrap();
    assert_eq!(bounds.floor, bounds.head);
    assert!(bounds.head > orders(&store).await);
    assert!(store.after(0, Some(&subscriber(&staff()))).await.unwrap().events.is_empty());
    store.place_order("ada", items(&[0])).await.unwrap();
    let events = store.after(bounds.head, Some(&subscriber(&staff()))).await.unwrap().events;
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [bounds.head + 1]);
}

async fn a_new_shop_shows_a_past_on_every_page(url: &str) {
    let store = new_shop(url).await;
    let figures = store.figures().await.unwrap();
    assert!(figures.orders.iter().all(|count| *count > 0), "{:?}", figures.orders);
    assert!(figures.events_each.iter().sum::<u32>() >= 6);
    assert!(store.sales("2000").await.unwrap().len() > 48);
    let page = store.snapshot(customer("ada"), Filter::default(), Duration::ZERO).await.unwrap();
    assert!(page.orders.is_sorted_by(|newer, older| newer.placed_at >= older.placed_at));
    assert!(page.notifications.is_sorted_by(|newer, older| newer.timestamp >= older.timestamp));
    let read = page.notifications.iter().filter(|notification| notification.read).count();
    assert!(page.unread > 0 && read > 0, "{} unread, {read} read", page.unread);
    let delivered = page.orders.iter().find(|order| order.status == Status::Delivered).unwrap();
    let details = store.order_details(&staff(), delivered.number).await.unwrap();
    let steps: Vec<_> = details.steps.iter().map(|step| (step.status, step.by.as_deref())).collect();
    let want = [(Status::Placed, "ada"), (Status::Packed, "ops"), (Status::Shipped, "ops"), (Status::Delivered, "ops")];
    assert_eq!(steps, want.map(|(status, by)| (status, Some(by))));
}

async fn of_many_instances_that_start_one_writes_the_past(url: &str) {
    let store = open(url).await;
    let instances = match store.is_shared() {
        true => join_all((0..4).map(|_| Store::open(url, CommitNotifier::default()))).await.into_iter().map(Result::unwrap).collect(),
        false => vec![store.clone(); 4],
    };
    join_all(instances.iter().map(demo_shop::open)).await.into_iter().for_each(Result::unwrap);
    let first = orders(&store).await;
    assert!((200..500).contains(&first), "{first}");
    demo_shop::open(&store).await.unwrap();
    assert_eq!(orders(&store).await, first, "a second start");
    agrees_with_itself(&store, url).await;
}

async fn a_shop_that_had_an_order_gets_no_past(url: &str) {
    let store = open(url).await;
    store.place_order("ada", items(&[0])).await.unwrap();
    demo_shop::open(&store).await.unwrap();
    assert_eq!(orders(&store).await, 1);
}

async fn a_past_that_fails_half_way_leaves_nothing(url: &str) {
    let store = open(url).await;
    let before = store.bounds().await.unwrap();
    let mut database = outside(url).await;
    // It is written late: by then the notifications are there, the orders are not.
    database.execute("ALTER TABLE order_steps RENAME TO moved").await.unwrap();
    assert!(matches!(demo_shop::open(&store).await, Err(StoreError::Internal(_))));
    database.execute("ALTER TABLE moved RENAME TO order_steps").await.unwrap();
    assert_eq!((orders(&store).await, store.bounds().await.unwrap().head), (0, before.head));
    assert_eq!(store.snapshot(customer("ada"), Filter::default(), Duration::ZERO).await.unwrap().notifications, []);
    demo_shop::open(&store).await.unwrap();
    agrees_with_itself(&store, url).await;
}

#[tokio::test]
async fn orders_move_while_somebody_watches_unless_it_is_turned_off() {
    let mut program = Program::start(&["--demo-shop"]);
    let ops = program.user("ops").await;
    let snapshot = ops.snapshot().await;
    assert_eq!(snapshot["consoleStats"]["traffic"], true);
    // Where nobody watches, no step is due while these sign in.
    for customer in ["ada", "grace", "barbara", "edsger", "margaret"] {
        program.anonymous().call_ok("sign_in", json!({ "username": customer, "password": "demo" })).await;
    }
    let start = ops.snapshot().await["cursor"].clone();
    assert_eq!(start, snapshot["cursor"]);
    let mut stream = ops.open().await;
    let first = stream.next_logged().await;
    assert_eq!(sequence(&first.id), sequence(start.as_str().unwrap()) + 1, "{first:?}");
    assert!(data(&first)["number"].as_i64().unwrap() > 1_000);

    ops.call_ok("demo_traffic", json!({ "on": false })).await;
    // It stays off, whoever watches, after a restart as well; the shop is the same.
    let orders = ops.snapshot().await["consoleStats"]["figures"]["orders"].clone();
    program.crash_and_restart();
    let console = ops.snapshot().await["consoleStats"].clone();
    assert_eq!((&console["traffic"], &console["figures"]["orders"]), (&json!(false), &orders));
    ops.call_ok("demo_traffic", json!({ "on": true })).await;
    assert_eq!(ops.open().await.next_logged().await.event, "order.updated");
}
