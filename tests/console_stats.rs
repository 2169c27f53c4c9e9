//! The staff console: console stats, the functions for staff only, and search.

mod common;

use common::{Program, StreamClient, client, data, fill};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn staff_streams_receive_console_stats_and_no_others_do() {
    let program = Program::start(&["--keep-alive", "300ms"]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let mut of_ops = ops.open().await;
    let mut of_ada = ada.open().await;
    let stats = stats(&mut of_ops, |stats| stats["streams"].as_array().unwrap().len() == 2).await;
    let names: Vec<_> = stats["streams"].as_array().unwrap().iter().map(|stream| stream["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["ada", "ops"], "the newest first");
    assert_eq!(stats["figures"]["streams"], 2);
    // While these pings came, a `streams` would have come too.
    for _ in 0..5 {
        assert_eq!(of_ada.next().await.event, "ping");
    }
    assert_eq!(ada.snapshot().await["consoleStats"], Value::Null);
}

#[tokio::test]
async fn figures_are_counted_from_the_database() {
    let mut program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.place_order().await;
    ada.place_order().await;
    ops.call_ok("advance_order", json!({ "order_id": order["orderId"] })).await;
    let cancelled = ada.place_order().await;
    ada.call_ok("cancel_order", json!({ "order_id": cancelled["orderId"] })).await;
    program.crash_and_restart();
    let figures = &ops.snapshot().await["consoleStats"]["figures"];
    assert_eq!((&figures["orders"], &figures["revenueCents"]), (&json!([1, 1, 0, 0, 1]), &json!(2 * 1800)));
    let events: u64 = figures["eventsEach"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(events, 6);
    // The orders may stand in two hours.
    let sum = |each: &str| figures[each].as_array().unwrap().iter().rev().take(2).map(|count| count.as_u64().unwrap()).sum::<u64>();
    assert_eq!((figures["ordersByHour"].as_array().unwrap().len(), sum("ordersByHour"), sum("revenueByHour")), (24, 3, 2 * 1800));
    let mut stream = ops.open().await;
    ada.place_order().await;
    let stats = stats(&mut stream, |stats| stats["figures"]["orders"][0] == 2).await;
    assert_eq!(stats["figures"]["revenueCents"], 3 * 1800);
}

#[tokio::test]
async fn cutting_a_stream_ends_that_stream_and_no_other() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let mut first = StreamClient::new(ada.events(None, None).await);
    let client = data(&first.next().await)["clientId"].clone();
    let mut second = ada.open().await;
    ops.call_ok("cut_stream", json!({ "client_id": client })).await;
    assert_eq!(first.next_or_end().await, None);
    let id = program.notify("ada", "still here").await;
    assert_eq!(second.next_logged().await.id, id);
    assert_eq!(ops.call("cut_stream", json!({ "client_id": client })).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ops.call("cut_stream", json!({ "client_id": "x" })).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn functions_for_staff_are_refused_to_others() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let order = ada.place_order().await;
    let calls = [
        ("advance_orders", json!({ "orders": [order["orderId"]] })),
        ("cut_stream", json!({ "client_id": "x" })),
        ("demo_traffic", json!({ "on": true })),
    ];
    let usernames = async |user: &common::TestUser| user.http.get(format!("{}/api/usernames", user.base)).send().await.unwrap();
    assert_eq!(usernames(&program.anonymous()).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(usernames(&ada).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(usernames(&program.user("ops").await).await.json::<Value>().await.unwrap(), json!(["ada", "grace", "ops"]));
    for (function, arguments) in calls {
        assert_eq!(program.anonymous().call(function, arguments.clone()).await.0, StatusCode::UNAUTHORIZED, "{function}");
        assert_eq!(ada.call(function, arguments).await.0, StatusCode::FORBIDDEN, "{function}");
    }
    assert_eq!(ada.snapshot().await["orders"][0]["status"], "placed");
}

#[tokio::test]
async fn orders_advance_together_and_one_that_cannot_does_not_stop_the_others() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let (one, two) = (ada.place_order().await, ada.place_order().await);
    ada.call_ok("cancel_order", json!({ "order_id": two["orderId"] })).await;
    let outcome = ops.call_ok("advance_orders", json!({ "orders": [one["orderId"], "none", two["orderId"]] })).await;
    assert_eq!(outcome["orders"][0]["status"], "packed");
    let number = &two["number"];
    assert_eq!(outcome["refused"], json!(["there is no such order", format!("order {number} is already cancelled")]));
    assert_eq!(ops.call("advance_orders", json!({ "orders": [] })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_search_matches_its_text_literally() {
    let program = Program::start(&[]);
    let (ada, grace, ops) = (program.user("ada").await, program.user("grace").await, program.user("ops").await);
    let mug = ada.call_ok("place_order", json!({ "items": { "mug": 1 } })).await;
    let tea = grace.call_ok("place_order", json!({ "items": { "tea": 1, "coffee": 1 } })).await;
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
        // SQL's wildcards and quotes are plain text.
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
    for query in ["status=nonsense", "before=now"] {
        let refused = ops.http.get(format!("{}/api/snapshot?{query}", ops.base)).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    let long = ops.http.get(format!("{}/api/snapshot?q={}", ops.base, "x".repeat(101))).send().await.unwrap();
    assert_eq!(long.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // A customer searches their own orders only.
    let own = ada.http.get(format!("{}/api/snapshot?q=grace", ada.base)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(own["orders"], json!([]));
}

/// The first `streams` for which that holds. It is ephemeral: it must not move the last event id.
async fn stats(stream: &mut StreamClient, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = stream.start.clone();
    loop {
        let event = stream.next().await;
        if event.event != "streams" {
            last = event.id;
            continue;
        }
        assert_eq!(event.id, last, "its id is the last one");
        let stats = data(&event);
        if holds(&stats) {
            return stats;
        }
    }
}

#[tokio::test]
async fn the_console_says_where_a_search_finds_customers_by_their_full_name_only() {
    let program = Program::start(&[]);
    fill(&program.database(), 100).await;
    let ops = program.user("ops").await;
    let page = async |query: &str| {
        let answer = ops.http.get(format!("{}/console{query}", ops.base)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{query}");
        answer.text().await.unwrap()
    };
    const SAYS: &str = "only the one with exactly this name is found";
    assert!(page("?q=c").await.contains(SAYS));
    for query in ["", "?q=c7", "?q=mug"] {
        assert!(!page(query).await.contains(SAYS), "{query}");
    }
}

/// A form sends the fields that were left empty, too.
#[tokio::test]
async fn the_address_of_a_search_has_no_empty_field() {
    let program = Program::start(&[]);
    let ops = program.user("ops").await;
    let browser = client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (query, leads_to) in [
        ("?q=mug&from=&to=", Some("/console?q=mug")),
        ("?status=&q=&from=2026-01-01&to=", Some("/console?from=2026-01-01")),
        // Nothing stands before the first order: it is the first page.
        ("?after=7", Some("/console?")),
        ("?q=mug&status=placed", None),
    ] {
        let asked = browser.get(format!("{}/console{query}", ops.base)).header("cookie", ops.cookie());
        let answer = asked.header("accept", "text/html").send().await.unwrap();
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        assert_eq!((answer.status().is_redirection(), location.as_deref()), (leads_to.is_some(), leads_to), "{query}");
    }
}
