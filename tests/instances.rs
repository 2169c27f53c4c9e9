//! Several instances on one database: sessions are valid on all, a sign-out ends streams on all, streams are counted over all, and
//! presence is the same on all; an instance that died is removed.

mod common;

use common::{FaultProxy, LineFault, Program, Service, StreamClient, TestUser, data};
use futures::future::join_all;
use orderwire::server::{
    sse::CommitNotifier,
    store::{Instance, Store, StreamRow},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use uuid::Uuid;

/// Two instances on one database, without Redis: each finds the other's events by polling.
async fn two(flags: &[&str]) -> (Program, Program, Service) {
    let database = Service::postgres().await;
    let start = |name| Program::start_on(&database.url(), &[&["--instance", name], flags].concat());
    (start("a"), start("b"), database)
}

/// Reads until presence is as it should be; returns it.
async fn until_present(stream: &mut StreamClient, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    loop {
        let event = stream.next().await;
        if event.event == "streams" {
            let present = data(&event)["streams"].as_array().unwrap().clone();
            if holds(&present) {
                return present;
            }
        }
    }
}

fn of<'a>(present: &'a [Value], username: &str) -> Option<&'a Value> {
    present.iter().find(|stream| stream["username"] == username)
}

#[tokio::test]
async fn a_session_is_valid_on_every_instance_and_ends_on_all() {
    let (a, b, _database) = two(&[]).await;
    let ada = a.user("ada").await;
    let mut here = ada.open().await;
    let mut there = ada.at(&b.base).open().await;
    // Every instance sends the event under the same id, so a client can resume on another one at any point.
    let order = ada.place_order().await;
    let [first, second] = [here.next_logged().await, there.next_logged().await];
    assert_eq!((&first.id, &first.data), (&second.id, &second.data));
    assert_eq!(data(&first)["orderId"], order["orderId"]);
    let mut elsewhere = ada.at(&b.base).resume(Some(&here.start)).await;
    assert_eq!(elsewhere.next_logged().await.id, first.id);

    ada.at(&b.base).call_ok("sign_out", json!({})).await;
    for stream in [&mut here, &mut there, &mut elsewhere] {
        assert_eq!(stream.next_logged().await.event, "session.ended");
        assert!(stream.next_or_end().await.is_none());
    }
    assert_eq!(ada.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn streams_of_a_user_are_counted_over_all_instances() {
    let (a, b, _database) = two(&["--max-streams-per-user", "3"]).await;
    let ada = a.user("ada").await;
    let there = ada.at(&b.base);
    let mut streams = vec![ada.open().await, there.open().await, ada.open().await];
    for user in [&ada, &there] {
        assert_eq!(user.events(None, None).await.status(), StatusCode::TOO_MANY_REQUESTS);
    }
    // Another user has a limit of her own.
    let _grace = b.user("grace").await.open().await;
    drop(streams.remove(0));
    // The other instance lets one more in as soon as this one has noticed.
    let reopened = async {
        while there.events(None, None).await.status() != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(common::PATIENCE, reopened).await.unwrap();
}

/// Concurrent registrations on several instances.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_that_open_at_once_do_not_pass_the_limit() {
    let database = Service::postgres().await;
    let mut instances = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let (store, instance) =
            (Store::open(&database.url(), CommitNotifier::default()).await.unwrap(), Instance { id: name.into(), name: name.into() });
        store.register(&instance, &[]).await.unwrap();
        instances.push((store, instance));
    }
    for round in 0..20 {
        let registered = join_all((0..16).map(|index| {
            let (store, instance) = instances[index % instances.len()].clone();
            let username = format!("user{round}");
            let stream = StreamRow { client_id: Uuid::new_v4(), username, browser: "test".into(), since: "now".into() };
            tokio::spawn(async move { store.update_streams(&instance, &[], &[stream], 5).await.unwrap().len() })
        }))
        .await;
        assert_eq!(registered.into_iter().map(Result::unwrap).sum::<usize>(), 5);
    }
}

#[tokio::test]
async fn the_console_shows_the_instance_of_each_stream_and_cuts_a_stream_on_another() {
    let (a, b, _database) = two(&[]).await;
    let ops = a.user("ops").await;
    let mut stats = ops.open().await;
    let mut ada = b.user("ada").await.open().await;
    let present = until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    let stream = of(&present, "ada").unwrap();
    assert_eq!((&stream["instance"], &of(&present, "ops").unwrap()["instance"]), (&json!("b"), &json!("a")));
    // The snapshot has the same presence as the stream.
    assert_eq!(ops.snapshot().await["consoleStats"]["streams"].as_array().unwrap().len(), 2);
    ops.call_ok("cut_stream", json!({ "client_id": stream["clientId"] })).await;
    while ada.next_or_end().await.is_some() {}
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;
    let (status, _) = ops.call("cut_stream", json!({ "client_id": stream["clientId"] })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_instance_that_died_is_removed_and_one_that_was_suspended_registers_again() {
    let (a, mut b, _database) = two(&["--max-streams-per-user", "1"]).await;
    let mut stats = a.user("ops").await.open().await;
    let ada = b.user("ada").await;
    let suspended = ada.open().await;
    until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    b.signal("STOP");
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;
    b.signal("CONT");
    until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    drop(suspended);
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;

    let _lost = ada.open().await;
    until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    b.kill();
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;
    // Its streams count no longer.
    ada.at(&a.base).open().await;
}

/// An instance that is suspended within a transaction holds the log's lock; PostgreSQL ends the transaction, and the others go on. What the
/// instance had begun has not happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_instance_does_not_hold_the_others_up() {
    let database = Service::postgres().await;
    let line = FaultProxy::start(database.port).await;
    let behind_the_line = database.url().replace(&database.port.to_string(), &line.port.to_string());
    let (a, mut b) = (Program::start_on(&database.url(), &[]), Program::start_on(&behind_the_line, &[]));
    let ada = a.user("ada").await;
    let there = ada.at(&b.base);
    let mut watching = PgConnection::connect(&database.url()).await.unwrap();
    // Slow enough to be met in the middle.
    line.set(LineFault::Slow(Duration::from_millis(100)));
    let under_way = tokio::spawn(async move { there.try_call("place_order", json!({ "items": { "mug": 1 } })).await });
    let met = async { while !holds_the_log(&mut watching).await {} };
    tokio::time::timeout(common::PATIENCE, met).await.expect("the instance never holds the log's lock");
    b.signal("STOP");
    assert!(holds_the_log(&mut watching).await, "it was not met in the middle");
    let order = ada.place_order().await;
    b.kill();
    assert!(under_way.await.unwrap().is_err());
    let orders = ada.snapshot().await["orders"].clone();
    assert_eq!((orders.as_array().unwrap().len(), &orders[0]["orderId"]), (1, &order["orderId"]));
}

/// Whether an instance is within a transaction, between two statements, and holds the lock of the log's row.
async fn holds_the_log(watching: &mut PgConnection) -> bool {
    let held = "SELECT COUNT(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = 'log'::regclass AND mode = 'RowShareLock' \
                AND state = 'idle in transaction'";
    sqlx::query_scalar::<_, i64>(held).fetch_one(watching).await.unwrap() > 0
}

/// While PostgreSQL is away, requests get a 503; afterwards, streams have missed nothing.
#[tokio::test]
async fn invariant_8_while_the_database_is_away_requests_are_503_and_streams_wait() {
    let (a, b, mut database) = two(&[]).await;
    let ada = a.user("ada").await;
    let mut stream = ada.at(&b.base).open().await;
    database.kill();
    let asked = ["/", "/events", "/api/snapshot", "/readyz"].map(|path| ada.http.get(format!("{}{path}", a.base)).send());
    for answer in join_all(asked).await {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", answer.url());
    }
    database.restart().await;
    let order = ada.place_order().await;
    assert_eq!(data(&stream.next_logged().await)["orderId"], order["orderId"]);
}

/// A rolling deploy over a migration: what this version would write is no longer what the tables are for.
#[tokio::test]
async fn an_instance_whose_database_a_newer_version_has_migrated_takes_nothing_and_says_why() {
    let database = Service::postgres().await;
    let program = Program::start_on(&database.url(), &[]);
    let ada = program.user("ada").await;
    ada.place_order().await;
    let mut newer = PgConnection::connect(&database.url()).await.unwrap();
    let migrated = "INSERT INTO _sqlx_migrations SELECT 9999, 'newer', now(), true, ''::bytea, 0";
    sqlx::query(migrated).execute(&mut newer).await.unwrap();
    let (status, refusal) = ada.call("place_order", json!({ "items": { "mug": 1 } })).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{refusal}");
    let answer = ada.http.get(format!("{}/readyz", program.base)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().await.unwrap().contains("a newer version has migrated the database"));
}

/// Another process removes a user: every instance ends the user's streams.
#[tokio::test]
async fn a_removed_users_streams_end_on_every_instance() {
    let (a, b, database) = two(&[]).await;
    let ada: TestUser = a.user("ada").await;
    let mut streams = [ada.open().await, ada.at(&b.base).open().await];
    Store::open(&database.url(), CommitNotifier::default()).await.unwrap().remove_user("ada").await.unwrap();
    for stream in &mut streams {
        assert_eq!(stream.next_logged().await.event, "session.ended");
    }
}

/// All instances share the switch and the steps.
#[tokio::test]
async fn demo_traffic_is_switched_for_all_instances_at_once() {
    let (a, b, _database) = two(&[]).await;
    let ops = a.user("ops").await;
    let there = ops.at(&b.base);
    let mut stream = there.open().await;
    assert_eq!(there.snapshot().await["consoleStats"]["traffic"], false);
    ops.call_ok("demo_traffic", json!({ "on": true })).await;
    assert_eq!(there.snapshot().await["consoleStats"]["traffic"], true);
    assert_eq!(stream.next_logged().await.event, "order.updated");
    there.call_ok("demo_traffic", json!({ "on": false })).await;
    assert_eq!(ops.snapshot().await["consoleStats"]["traffic"], false);
}
