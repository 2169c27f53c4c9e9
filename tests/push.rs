//! `POST /api/push`: an event that another program pushes is committed once, or refused with a reason.

mod common;

use common::{Program, TOKEN, data, read, sequence};
use futures::future::join_all;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

fn notification(title: &str) -> Value {
    json!({ "user": "ada", "event": "notification", "data": { "title": title, "message": "m" } })
}

#[tokio::test]
async fn a_push_reaches_its_user_under_the_id_in_its_answer() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let (status, answer) = program.push(notification("hello")).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let event = stream.next_logged().await;
    assert_eq!((event.event.as_str(), &json!(event.id)), ("notification", &answer["id"]));
    let shown = &ada.snapshot().await["notifications"][0];
    assert_eq!((&data(&event)["id"], &data(&event)["title"]), (&shown["id"], &json!("hello")));

    let own = json!({ "user": "ada", "event": "weather.changed", "data": { "sky": "clear\r\n\nid: 9" } });
    program.push(own.clone()).await;
    let event = stream.next_logged().await;
    assert_eq!((event.event.as_str(), data(&event)), ("weather.changed", own["data"].clone()));
}

#[tokio::test]
async fn the_same_key_twice_is_one_event() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let mut push = notification("once");
    push["key"] = json!("order-7");
    let answers = join_all((0..20).map(|_| program.push(push.clone()))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let after = program.notify("ada", "after").await;
    assert_eq!(json!(stream.next_logged().await.id), answers[0].1["id"]);
    assert_eq!(stream.next_logged().await.id, after);
    program.crash_and_restart();
    assert_eq!(program.push(push).await, answers[0]);
    assert_eq!(ada.snapshot().await["unread"], 2);
}

#[tokio::test]
async fn concurrent_pushes_are_all_delivered_in_one_order() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let mut ids = join_all((0..200).map(|index| {
        let program = &program;
        async move { program.notify("ada", &index.to_string()).await }
    }))
    .await;
    ids.sort_by_key(|id| sequence(id));
    assert!(ids.windows(2).all(|pair| sequence(&pair[0]) + 1 == sequence(&pair[1])), "no gap");
    for id in ids {
        assert_eq!(stream.next_logged().await.id, id);
    }
}

#[tokio::test]
async fn a_push_that_is_refused_leaves_nothing() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let start = ada.open().await.start;
    let with = |change: Value| {
        let mut push = notification("t");
        push.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        push
    };
    let refusals = [
        (with(json!({ "user": "nobody" })), 404),
        (with(json!({ "event": "" })), 422),
        (with(json!({ "event": "a\nid: 9" })), 422),
        (with(json!({ "event": "resync" })), 422),
        (with(json!({ "event": "notification.read" })), 422),
        (with(json!({ "event": "order.updated" })), 422),
        (with(json!({ "data": { "title": "no message" } })), 422),
        (with(json!({ "data": "text" })), 422),
        (with(json!({ "data": { "id": "x".repeat(65), "title": "t", "message": "m" } })), 422),
        (with(json!({ "data": { "title": "t", "message": "m", "orderId": "\u{0}" } })), 422),
        (with(json!({ "key": "" })), 422),
        (with(json!({ "unknown": 1 })), 422),
        (json!({ "user": "ada" }), 422),
        (with(json!({ "event": "large", "data": "x".repeat(16 * 1024 - 1) })), 413),
        (with(json!({ "event": "large", "data": "x".repeat(100_000) })), 413),
    ];
    for (push, want) in refusals {
        let (status, answer) = program.push(push).await;
        assert_eq!(status.as_u16(), want, "{answer}");
        assert!(answer["error"].as_str().is_some_and(|line| !line.contains('\n')), "{answer}");
    }
    // Exactly 16 KiB, quotes included, is taken.
    let (status, answer) = program.push(with(json!({ "event": "large", "data": "x".repeat(16 * 1024 - 2) }))).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(sequence(answer["id"].as_str().unwrap()), sequence(&start) + 1, "nothing else was appended");
}

#[tokio::test]
async fn a_notification_id_belongs_to_one_user() {
    let program = Program::start(&[]);
    let push = |user: &str| json!({ "user": user, "event": "notification", "data": { "id": "parcel-7", "title": "t", "message": "m" } });
    assert_eq!(program.push(push("ada")).await.0, StatusCode::ACCEPTED);
    assert_eq!(program.push(push("grace")).await.0, StatusCode::CONFLICT);
    assert_eq!(program.user("grace").await.snapshot().await["notifications"], json!([]));
}

#[tokio::test]
async fn pushing_needs_the_token() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let url = format!("{}/api/push", program.base);
    for request in
        [ada.http.post(&url), Client::new().post(&url).bearer_auth("wrong"), Client::new().post(&url).basic_auth("a", Some(TOKEN))]
    {
        let (status, answer) = read(request.json(&notification("t")).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
    }
    let malformed = Client::new().post(&url).bearer_auth(TOKEN).body("{").send().await.unwrap();
    assert_eq!(malformed.status(), StatusCode::BAD_REQUEST);
}
