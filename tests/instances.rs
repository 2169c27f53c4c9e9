//! Several instances are as one: sign in on one, stream from another; sign out on one, and streams end on all; a user's streams are
//! counted over all; who is connected is known everywhere, and an instance that died is soon forgotten.

mod common;

use common::{Person, Program, Reader, Service, data};
use futures::future::join_all;
use orderwire::server::{
    sse::CommitNotifier,
    store::{Instance, Store, StreamRow},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// Two instances on one database, without Redis: each finds out by looking what the other wrote.
async fn two(flags: &[&str]) -> (Program, Program, Service) {
    let database = Service::postgres().await;
    let start = |name| Program::start_on(&database.url(), &[&["--instance", name], flags].concat());
    (start("a"), start("b"), database)
}

/// Reads on until who is connected is as it should be.
async fn until_present(stream: &mut Reader, as_it_should: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    loop {
        let event = stream.next().await;
        if event.event == "streams" {
            let present = data(&event)["streams"].as_array().unwrap().clone();
            if as_it_should(&present) {
                return present;
            }
        }
    }
}

fn of<'a>(present: &'a [Value], username: &str) -> Option<&'a Value> {
    present.iter().find(|stream| stream["username"] == username)
}

#[tokio::test]
async fn a_session_is_good_on_every_instance_and_ends_on_all() {
    let (a, b, _database) = two(&[]).await;
    let ada = a.person("ada").await;
    let mut here = ada.open().await;
    let mut there = ada.at(&b.base).open().await;
    // What one instance writes, each bears, under the same id; one may be left for the other at any point.
    let order = ada.order().await;
    let [first, second] = [here.logged().await, there.logged().await];
    assert_eq!((&first.id, &first.data), (&second.id, &second.data));
    assert_eq!(data(&first)["orderId"], order["orderId"]);
    let mut elsewhere = ada.at(&b.base).resume(Some(&here.start)).await;
    assert_eq!(elsewhere.logged().await.id, first.id);

    ada.at(&b.base).done("sign_out", json!({})).await;
    for stream in [&mut here, &mut there, &mut elsewhere] {
        assert_eq!(stream.logged().await.event, "session.ended");
        assert!(stream.next_or_end().await.is_none());
    }
    assert_eq!(ada.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn streams_of_a_user_are_counted_over_all_instances() {
    let (a, b, _database) = two(&["--max-streams-per-user", "3"]).await;
    let ada = a.person("ada").await;
    let there = ada.at(&b.base);
    let mut streams = vec![ada.open().await, there.open().await, ada.open().await];
    for person in [&ada, &there] {
        assert_eq!(person.events(None, None).await.status(), StatusCode::TOO_MANY_REQUESTS);
    }
    // Another user has as many of their own.
    let _grace = b.person("grace").await.open().await;
    drop(streams.remove(0));
    // The seat is free on the other instance, as soon as this one has noticed.
    let reopened = async {
        while there.events(None, None).await.status() != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(common::PATIENCE, reopened).await.unwrap();
}

/// However many come at once to however many instances, no more get in than may.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_come_at_once_do_not_get_in_past_the_limit() {
    let database = Service::postgres().await;
    let mut instances = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let (store, instance) =
            (Store::open(&database.url(), CommitNotifier::default()).await.unwrap(), Instance { id: name.into(), name: name.into() });
        store.register(&instance, &[]).await.unwrap();
        instances.push((store, instance));
    }
    for round in 0..20 {
        let coming = join_all((0..16).map(|place| {
            let (store, instance) = instances[place % instances.len()].clone();
            let username = format!("user{round}");
            let line = StreamRow { client_id: Uuid::new_v4(), username, browser: "test".into(), since: "now".into() };
            tokio::spawn(async move { store.update_streams(&instance, &[], &[line], 5).await.unwrap().len() })
        }))
        .await;
        assert_eq!(coming.into_iter().map(Result::unwrap).sum::<usize>(), 5);
    }
}

#[tokio::test]
async fn the_console_shows_who_is_connected_where_and_cuts_a_stream_there() {
    let (a, b, _database) = two(&[]).await;
    let ops = a.person("ops").await;
    let mut stats = ops.open().await;
    let mut ada = b.person("ada").await.open().await;
    let present = until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    let stream = of(&present, "ada").unwrap();
    assert_eq!((&stream["instance"], &of(&present, "ops").unwrap()["instance"]), (&json!("b"), &json!("a")));
    // The page that is rendered knows it as well as the stream.
    assert_eq!(ops.snapshot().await["consoleStats"]["streams"].as_array().unwrap().len(), 2);
    ops.done("cut_stream", json!({ "client_id": stream["clientId"] })).await;
    while ada.next_or_end().await.is_some() {}
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;
    let (status, _) = ops.call("cut_stream", json!({ "client_id": stream["clientId"] })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_instance_that_died_is_forgotten_and_one_that_only_slept_is_known_again() {
    let (a, mut b, _database) = two(&["--max-streams-per-user", "1"]).await;
    let mut stats = a.person("ops").await.open().await;
    let ada = b.person("ada").await;
    let asleep = ada.open().await;
    until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    b.signal("STOP");
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;
    b.signal("CONT");
    until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    drop(asleep);
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;

    let _lost = ada.open().await;
    until_present(&mut stats, |present| of(present, "ada").is_some()).await;
    b.kill();
    until_present(&mut stats, |present| of(present, "ada").is_none()).await;
    // And the seat it held is free.
    ada.at(&a.base).open().await;
}

/// Whoever freezes in the middle of a change holds the log's lock; PostgreSQL takes it away, and the others go on.
#[tokio::test]
async fn a_frozen_instance_does_not_hold_the_others_up() {
    let (a, _b, database) = two(&[]).await;
    let mut frozen = <sqlx::PgConnection as sqlx::Connection>::connect(&database.url()).await.unwrap();
    // As an instance's connections are, once in the middle of a change.
    for statement in ["SET idle_in_transaction_session_timeout = '3s'", "BEGIN", "SELECT head FROM log FOR UPDATE"] {
        sqlx::query(statement).execute(&mut frozen).await.unwrap();
    }
    a.person("ada").await.order().await;
}

/// PostgreSQL goes, and comes back: who asks meanwhile is told to come again, and who listens misses nothing.
#[tokio::test]
async fn while_the_database_is_away_requests_are_503_and_streams_wait() {
    let (a, b, mut database) = two(&[]).await;
    let ada = a.person("ada").await;
    let mut stream = ada.at(&b.base).open().await;
    database.kill();
    let asked = ["/", "/events", "/api/snapshot", "/readyz"].map(|path| ada.http.get(format!("{}{path}", a.base)).send());
    for answer in join_all(asked).await {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", answer.url());
    }
    database.restart().await;
    let order = ada.order().await;
    assert_eq!(data(&stream.logged().await)["orderId"], order["orderId"]);
}

/// A person is removed by a program that runs elsewhere: every instance ends their streams.
#[tokio::test]
async fn a_removed_users_streams_end_on_every_instance() {
    let (a, b, database) = two(&[]).await;
    let ada: Person = a.person("ada").await;
    let mut streams = [ada.open().await, ada.at(&b.base).open().await];
    Store::open(&database.url(), CommitNotifier::default()).await.unwrap().remove_user("ada").await.unwrap();
    for stream in &mut streams {
        assert_eq!(stream.logged().await.event, "session.ended");
    }
}

/// The demo's switch is one for all, and so are the steps it makes.
#[tokio::test]
async fn demo_traffic_is_switched_for_all_instances_at_once() {
    let (a, b, _database) = two(&[]).await;
    let ops = a.person("ops").await;
    let there = ops.at(&b.base);
    let mut stream = there.open().await;
    assert_eq!(there.snapshot().await["consoleStats"]["traffic"], false);
    ops.done("demo_traffic", json!({ "on": true })).await;
    assert_eq!(there.snapshot().await["consoleStats"]["traffic"], true);
    assert_eq!(stream.logged().await.event, "order.updated");
    there.done("demo_traffic", json!({ "on": false })).await;
    assert_eq!(ops.snapshot().await["consoleStats"]["traffic"], false);
}
