//! The console stats: what staff are told, what it may do, and that nobody else gets either.

mod common;

use common::{Program, Reader, data};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn staff_are_told_who_is_connected_and_nobody_else_is() {
    let program = Program::start(&["--keep-alive", "300ms"]);
    let (ada, ops) = (program.person("ada").await, program.person("ops").await);
    let mut of_ops = ops.open().await;
    let mut of_ada = ada.open().await;
    let stats = stats(&mut of_ops, |stats| stats["streams"].as_array().unwrap().len() == 2).await;
    let names: Vec<_> = stats["streams"].as_array().unwrap().iter().map(|stream| stream["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["ada", "ops"], "the newest first");
    assert_eq!(stats["figures"]["streams"], 2);
    // Pings pass the time in which a `streams` would have come.
    for _ in 0..5 {
        assert_eq!(of_ada.next().await.event, "ping");
    }
    assert_eq!(ada.snapshot().await["consoleStats"], Value::Null);
}

#[tokio::test]
async fn figures_are_counted_from_what_is_kept() {
    let mut program = Program::start(&[]);
    let (ada, ops) = (program.person("ada").await, program.person("ops").await);
    let order = ada.order().await;
    ada.order().await;
    ops.done("advance_order", json!({ "order_id": order["orderId"] })).await;
    let cancelled = ada.order().await;
    ada.done("cancel_order", json!({ "order_id": cancelled["orderId"] })).await;
    program.crash_and_restart();
    let figures = &ops.snapshot().await["consoleStats"]["figures"];
    assert_eq!((&figures["orders"], &figures["revenueCents"]), (&json!([1, 1, 0, 0, 1]), &json!(2 * 1800)));
    let events: u64 = figures["eventsEach"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(events, 6);
    let mut stream = ops.open().await;
    ada.order().await;
    let told = stats(&mut stream, |stats| stats["figures"]["orders"][0] == 2).await;
    assert_eq!(told["figures"]["revenueCents"], 3 * 1800);
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_and_no_other() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.person("ada").await, program.person("ops").await);
    let mut first = Reader::new(ada.events(None, None).await);
    let client = data(&first.next().await)["clientId"].clone();
    let mut second = ada.open().await;
    ops.done("cut_stream", json!({ "client_id": client })).await;
    assert_eq!(first.next_or_end().await, None);
    let id = program.notify("ada", "still here").await;
    assert_eq!(second.logged().await.id, id);
    assert_eq!(ops.call("cut_stream", json!({ "client_id": client })).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ops.call("cut_stream", json!({ "client_id": "x" })).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_staffs_is_refused_to_others() {
    let program = Program::start(&[]);
    let ada = program.person("ada").await;
    let order = ada.order().await;
    let calls = [
        ("advance_orders", json!({ "order_ids": [order["orderId"]] })),
        ("cut_stream", json!({ "client_id": "x" })),
        ("demo_traffic", json!({ "on": true })),
    ];
    for (function, arguments) in calls {
        assert_eq!(program.stranger().call(function, arguments.clone()).await.0, StatusCode::UNAUTHORIZED, "{function}");
        assert_eq!(ada.call(function, arguments).await.0, StatusCode::FORBIDDEN, "{function}");
    }
    assert_eq!(ada.snapshot().await["orders"][0]["status"], "placed");
}

#[tokio::test]
async fn orders_advance_together_and_one_that_cannot_keeps_none_back() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.person("ada").await, program.person("ops").await);
    let (one, two) = (ada.order().await, ada.order().await);
    ada.done("cancel_order", json!({ "order_id": two["orderId"] })).await;
    let outcome = ops.done("advance_orders", json!({ "order_ids": [one["orderId"], "none", two["orderId"]] })).await;
    assert_eq!(outcome["orders"][0]["status"], "packed");
    let number = &two["number"];
    assert_eq!(outcome["refused"], json!(["there is no such order", format!("order {number} is cancelled already")]));
    assert_eq!(ops.call("advance_orders", json!({ "order_ids": [] })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_search_finds_what_it_names_and_takes_its_text_as_it_is() {
    let program = Program::start(&[]);
    let (ada, grace, ops) = (program.person("ada").await, program.person("grace").await, program.person("ops").await);
    let mug = ada.done("place_order", json!({ "items": "mug" })).await;
    let tea = grace.done("place_order", json!({ "items": "tea, coffee" })).await;
    let all = json!([tea["number"], mug["number"]]);
    let (mug, tea) = (json!([mug["number"]]), json!([tea["number"]]));
    let searches = [
        ("", &all),
        ("q=STONE", &mug),
        ("q=100%20g", &tea),
        ("q=grac", &tea),
        ("q=%20ada%20", &mug),
        ("status=placed&q=green", &tea),
        ("status=packed", &json!([])),
        ("status=nonsense", &all),
        // Wildcards and quotes of the database's mean themselves.
        ("q=%25", &json!([])),
        ("q=_da", &json!([])),
        ("q=%27%20OR%201=1%20--", &json!([])),
        ("q=quantity", &json!([])),
    ];
    for (query, want) in searches {
        let page = ops.http.get(format!("{}/api/snapshot?{query}", ops.base)).send().await.unwrap().json::<Value>().await.unwrap();
        let found: Vec<_> = page["orders"].as_array().unwrap().iter().map(|order| order["number"].clone()).collect();
        assert_eq!(&json!(found), want, "{query}");
    }
    let long = ops.http.get(format!("{}/api/snapshot?q={}", ops.base, "x".repeat(101))).send().await.unwrap();
    assert_eq!(long.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // A customer's search never leaves their own orders.
    let own = ada.http.get(format!("{}/api/snapshot?q=grace", ada.base)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(own["orders"], json!([]));
}

/// The first `streams` of which that is true. Passing, it must bear no id of its own.
async fn stats(reader: &mut Reader, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = reader.start.clone();
    loop {
        let event = reader.next().await;
        if event.event != "streams" {
            last = event.id;
            continue;
        }
        assert_eq!(event.id, last, "it moves no position");
        let stats = data(&event);
        if holds(&stats) {
            return stats;
        }
    }
}
