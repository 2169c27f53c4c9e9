//! What is kept, held against what was answered and what a stream was told.

use crate::{
    common::{PATIENCE, StreamClient, TestUser, sequence},
    window::is_done,
    work::{Act, Outcome},
};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Row};
use std::collections::{HashMap, HashSet};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

/// Reads Ada's stream, and opens it again wherever it ends; says how far it has come. Returns the ids of the log's events.
pub async fn read(ada: &TestUser, stream: &mut StreamClient, last: watch::Sender<i64>) -> Vec<i64> {
    let (mut seen, mut position) = (Vec::new(), stream.start.clone());
    loop {
        let event = tokio::select! {
            () = last.closed() => return seen,
            event = stream.next_or_end() => event,
        };
        let Some(event) = event else {
            // Refused, or not answered, while the fault lasts.
            if let Ok(answer) = ada.try_events(None, Some(&position)).await
                && answer.status() == 200
            {
                *stream = StreamClient::new(answer);
            }
            continue;
        };
        assert_ne!(event.event, "resync");
        if !event.id.is_empty() {
            if !["ping", "connected"].contains(&event.event.as_str()) {
                seen.push(sequence(&event.id));
            }
            position = event.id;
            last.send_replace(sequence(&position));
        }
    }
}

pub async fn nothing_half_done(
    url: &str,
    outcomes: &[Outcome],
    start: &str,
    reader: JoinHandle<Vec<i64>>,
    mut read_to: watch::Receiver<i64>,
) {
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(url).await.unwrap();
    let rows = sqlx::query("SELECT sequence, audience, type, data, COALESCE(idempotency_key, '') FROM events ORDER BY sequence");
    let log: Vec<Kept> = rows.fetch_all(&mut database).await.unwrap().iter().map(Kept::of).collect();
    assert!(log.iter().map(|event| event.sequence).eq(1..=log.len() as i64), "sequences have no gaps");

    every_answer_is_kept_once(outcomes, &log);
    let orders = sqlx::query("SELECT order_id, version FROM orders").fetch_all(&mut database).await.unwrap();
    let orders: HashMap<String, i64> = orders.iter().map(|row| (row.get(0), row.get(1))).collect();
    every_step_was_told(&orders, &log);
    let notifications = sqlx::query("SELECT id, position FROM notifications").fetch_all(&mut database).await.unwrap();
    let notifications: HashMap<String, i64> = notifications.iter().map(|row| (row.get(0), row.get(1))).collect();
    every_notification_was_told(&notifications, &log);

    // And the stream was told it all, once and in order.
    let theirs: Vec<i64> = log
        .iter()
        .filter(|event| event.sequence > sequence(start) && ["ada", "*"].contains(&event.audience.as_str()))
        .map(|event| event.sequence)
        .collect();
    let end = *theirs.last().unwrap();
    timeout(PATIENCE, read_to.wait_for(|at| *at >= end)).await.expect("the stream does not come to the end").unwrap();
    drop(read_to);
    assert_eq!(reader.await.unwrap(), theirs);
    database.close().await.unwrap();
}

struct Kept {
    sequence: i64,
    audience: String,
    kind: String,
    data: Value,
    key: String,
}

impl Kept {
    fn of(row: &sqlx::any::AnyRow) -> Self {
        let data: String = row.get(3);
        Self { sequence: row.get(0), audience: row.get(1), kind: row.get(2), data: serde_json::from_str(&data).unwrap(), key: row.get(4) }
    }
}

/// What was answered is in the log; a key is there once, where it was answered and where it was not.
fn every_answer_is_kept_once(outcomes: &[Outcome], log: &[Kept]) {
    let keys: HashMap<&str, i64> =
        log.iter().filter(|event| !event.key.is_empty()).map(|event| (event.key.as_str(), event.sequence)).collect();
    let titles: HashSet<&str> = log.iter().filter_map(|event| event.data["title"].as_str()).collect();
    for outcome in outcomes.iter().filter(|outcome| is_done(outcome)) {
        match outcome.act {
            Act::Push => {
                let answered = sequence(outcome.answer["id"].as_str().unwrap());
                assert_eq!(keys.get(outcome.key.as_ref().unwrap().as_str()), Some(&answered), "{outcome:?}");
            }
            Act::Notify | Act::Broadcast => assert!(titles.contains(outcome.answer["title"].as_str().unwrap()), "{outcome:?}"),
            _ => {}
        }
    }
}

/// An order has as many versions as events that told of them.
fn every_step_was_told(orders: &HashMap<String, i64>, log: &[Kept]) {
    let mut told: HashMap<&str, Vec<i64>> = HashMap::new();
    for event in log.iter().filter(|event| event.kind == "order.updated") {
        told.entry(event.data["orderId"].as_str().unwrap()).or_default().push(event.data["version"].as_i64().unwrap());
    }
    assert_eq!(told.len(), orders.len());
    for (order, version) in orders {
        assert_eq!(told[order.as_str()], (1..=*version).collect::<Vec<_>>(), "{order}");
    }
}

/// A notification's row has its event, and each event its row.
fn every_notification_was_told(notifications: &HashMap<String, i64>, log: &[Kept]) {
    let told: HashMap<String, i64> = log
        .iter()
        .filter(|event| event.kind == "notification")
        .map(|event| (event.data["id"].as_str().unwrap().to_owned(), event.sequence))
        .collect();
    assert_eq!(&told, notifications);
}
