//! The audit: the log's side of what a page compares with what it was sent.

mod common;

use common::{Program, customer, items, on_each_database, open, outside, staff};
use orderwire::{
    model::{
        audit::{AUDIT_MAX, hash},
        event::{Event, EventId},
        user::User,
    },
    server::{
        sse::EventLog,
        store::{Push, Store, StoreError, Which, subscriber},
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Executor;
use std::time::Duration;

on_each_database![
    an_audit_is_of_what_a_page_of_the_user_is_sent_in_the_range,
    a_range_that_the_log_does_not_have_is_refused,
    more_events_than_are_compared_at_once_are_refused,
];

async fn at(store: &Store, sequence: i64) -> EventId {
    EventId { epoch: store.bounds().await.unwrap().epoch, sequence }
}

async fn audit(store: &Store, user: &User, from: i64, through: i64) -> Result<Vec<i64>, StoreError> {
    store.audit(&subscriber(user), &at(store, from).await, &at(store, through).await).await
}

async fn an_audit_is_of_what_a_page_of_the_user_is_sent_in_the_range(url: &str) {
    let store = open(url).await;
    let order = store.place_order("ada", items(&[0])).await.unwrap();
    store.place_order("grace", items(&[0])).await.unwrap();
    store.advance_order("ops", &order.order_id, None).await.unwrap();
    store.broadcast("t", "m", None).await.unwrap();
    store.mark_read("ada", Which::All).await.unwrap();
    store.push(&[Push::new("ada", "weather", "{}", None).unwrap()]).await.unwrap();
    store.cut_stream(uuid::Uuid::nil()).await.unwrap();
    let head = store.bounds().await.unwrap().head;
    for user in [customer("ada"), customer("grace"), staff()] {
        for (from, through) in [(0, head), (1, head), (0, head - 4), (3, 3)] {
            let page = store.after(from, Some(&subscriber(&user))).await.unwrap();
            let sent = page.events.iter().filter(|event| event.sequence <= through && Event::TYPES.contains(&event.kind.as_str()));
            let sent: Vec<_> = sent.map(|event| event.sequence).collect();
            assert_eq!(audit(&store, &user, from, through).await.unwrap(), sent, "{user:?} {from} {through}");
        }
        assert!(!audit(&store, &user, 0, head).await.unwrap().is_empty());
    }
}

async fn a_range_that_the_log_does_not_have_is_refused(url: &str) {
    let store = open(url).await;
    for _ in 0..3 {
        store.place_order("ada", items(&[0])).await.unwrap();
    }
    let refused = async |from, through| match audit(&store, &customer("ada"), from, through).await {
        Err(StoreError::Conflict(line)) => line,
        other => panic!("{other:?}"),
    };
    let head = store.bounds().await.unwrap().head;
    assert!(refused(0, head + 1).await.contains("ends at"));
    let mut database = outside(url).await;
    database.execute("UPDATE log SET floor = 2").await.unwrap();
    assert!(refused(1, head).await.contains("trimmed"));
    assert_eq!(audit(&store, &customer("ada"), 2, head).await.unwrap(), [3]);
    let before = at(&store, 2).await;
    store.begin_epoch(None).await.unwrap();
    let other = store.audit(&subscriber(&customer("ada")), &before, &before).await;
    assert!(matches!(&other, Err(StoreError::Conflict(line)) if line.contains("new epoch")), "{other:?}");
    store.trim(Duration::from_secs(1)).await.unwrap();
}

async fn more_events_than_are_compared_at_once_are_refused(url: &str) {
    let store = open(url).await;
    let most = AUDIT_MAX as i64;
    let mut database = outside(url).await;
    let fill = format!(
        "WITH RECURSIVE rows (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM rows WHERE i <= {most}) \
         INSERT INTO events (sequence, audience, staff, type, data, committed_at) SELECT i, 'ada', 0, 'notification', '{{}}', '' FROM rows"
    );
    database.execute(fill.as_str()).await.unwrap();
    database.execute(format!("UPDATE log SET head = {}", most + 1).as_str()).await.unwrap();
    assert_eq!(audit(&store, &customer("ada"), 1, most + 1).await.unwrap().len(), AUDIT_MAX);
    assert!(matches!(audit(&store, &customer("ada"), 0, most + 1).await, Err(StoreError::Invalid { .. })));
}

#[tokio::test]
async fn count_and_hash_are_answered_and_the_ids_on_request() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let start = ada.snapshot().await["cursor"].as_str().unwrap().to_owned();
    let ids: Vec<i64> =
        [program.notify("ada", "one").await, program.notify("ada", "two").await].iter().map(|id| common::sequence(id)).collect();
    let end = ada.snapshot().await["cursor"].as_str().unwrap().to_owned();
    let ask = async |query: String| {
        let answer = ada.http.get(format!("{}/api/audit?{query}", program.base)).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let range = format!("from={start}&through={end}");
    assert_eq!(ask(range.clone()).await, (StatusCode::OK, json!({ "count": 2, "hash": hash(&ids) })));
    assert_eq!(ask(format!("{range}&ids=true")).await.1["ids"], json!(ids));
    for (query, status, what) in [
        (format!("from={start}"), StatusCode::BAD_REQUEST, "`through` is missing"),
        (format!("from=7&through={end}"), StatusCode::BAD_REQUEST, "`from` is not an event id"),
        (format!("from=none-0&through={end}"), StatusCode::CONFLICT, "new epoch"),
    ] {
        let (answered, error) = ask(query).await;
        assert!(answered == status && error["error"].as_str().unwrap().contains(what), "{answered} {error}");
    }
}
