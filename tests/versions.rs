//! One press is one step: a change that was asked for with a version is made to that version only, and the same message is sent once.

mod common;

use common::{Program, TestUser, data, read};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

#[tokio::test]
async fn a_stale_version_is_a_conflict_that_says_what_the_order_is_now_and_changes_nothing() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.place_order().await;
    let seen = json!({ "order_id": order["orderId"], "version": order["version"] });
    let packed = ops.call_ok("advance_order", seen.clone()).await;
    assert_eq!((&packed["status"], &packed["version"]), (&json!("packed"), &json!(2)));
    let before = ops.snapshot().await;
    for (who, function, by) in [(&ops, "advance_order", " by ops"), (&ops, "cancel_order", " by ops"), (&ada, "cancel_order", "")] {
        let (status, refusal) = who.call(function, seen.clone()).await;
        assert_eq!(status, StatusCode::CONFLICT, "{function}");
        assert_eq!(refusal["error"], format!("order {} was changed meanwhile{by}: it is packed now", order["number"]), "{function}");
        assert_eq!((&refusal["kind"], &refusal["order"]), (&json!("conflict"), &packed), "{function}");
    }
    let after = ops.snapshot().await;
    assert_eq!((&after["orders"], &after["cursor"]), (&before["orders"], &before["cursor"]), "nothing was changed, and nothing told");

    let now = json!({ "order_id": order["orderId"], "version": 2 });
    assert_eq!(ada.call_ok("cancel_order", now).await["status"], "cancelled");
}

/// A version is no way around whose order it is.
#[tokio::test]
async fn a_conflict_shows_no_order_to_others() {
    let program = Program::start(&[]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    let order = ada.place_order().await;
    let (status, refusal) = grace.call("cancel_order", json!({ "order_id": order["orderId"], "version": 7 })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(refusal["order"], Value::Null);
}

#[tokio::test]
async fn two_at_once_are_one_step_and_one_conflict() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.place_order().await;
    let press = || ops.call("advance_order", json!({ "order_id": order["orderId"], "version": 1 }));
    let (one, other) = tokio::join!(press(), press());
    let mut statuses = [one.0, other.0];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
    assert_eq!(ops.snapshot().await["orders"][0]["status"], "packed");
}

#[tokio::test]
async fn advance_orders_moves_an_order_once_however_often_it_is_named() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let (one, two) = (ada.place_order().await, ada.place_order().await);
    let seen = |order: &Value| format!("{}@{}", order["orderId"].as_str().unwrap(), order["version"]);
    let orders = json!([seen(&one), seen(&one), one["orderId"], two["orderId"], two["orderId"], two["orderId"]]);
    let outcome = ops.call_ok("advance_orders", json!({ "orders": orders })).await;
    let versions: Vec<_> = outcome["orders"].as_array().unwrap().iter().map(|order| &order["version"]).collect();
    assert_eq!((versions, &outcome["refused"]), (vec![&json!(2), &json!(2)], &json!([])));

    // A stale one is refused alone; a repeat with the newer version is a repeat.
    let newer = format!("{}@2", one["orderId"].as_str().unwrap());
    let outcome =
        ops.call_ok("advance_orders", json!({ "orders": [seen(&one), newer, format!("{}@2", two["orderId"].as_str().unwrap())] })).await;
    assert_eq!(outcome["refused"], json!([format!("order {} was changed meanwhile by ops: it is packed now", one["number"])]));
    assert_eq!((outcome["orders"].as_array().unwrap().len(), &outcome["orders"][0]["status"]), (1, &json!("shipped")));

    // As a browser's form writes them.
    let body = format!("orders%5B%5D={}%402&orders%5B%5D={}%402", one["orderId"].as_str().unwrap(), one["orderId"].as_str().unwrap());
    let request = ops.http.post(format!("{}/api/advance_orders", program.base)).header(header::ACCEPT, "application/json");
    let answer = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body).send().await.unwrap();
    let (status, outcome) = read(answer).await;
    assert_eq!((status, &outcome["orders"][0]["status"]), (StatusCode::OK, &json!("shipped")));
    assert_eq!(outcome["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_a_version_a_call_moves_whatever_version_there_is() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.place_order().await;
    let id = &order["orderId"];
    assert_eq!(ops.call_ok("advance_order", json!({ "order_id": id })).await["status"], "packed");
    assert_eq!(ops.call_ok("advance_order", json!({ "order_id": id, "version": null })).await["status"], "shipped");
    assert_eq!(ops.call_ok("advance_orders", json!({ "orders": [id] })).await["orders"][0]["status"], "delivered");
}

#[tokio::test]
async fn a_version_that_is_none_is_refused_and_changes_nothing() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.place_order().await;
    let id = order["orderId"].as_str().unwrap();
    for version in ["x", "-1", "+1", "1.0", " 1", "99999999999999999999"] {
        for (function, arguments) in [
            ("advance_order", json!({ "order_id": id, "version": version })),
            ("cancel_order", json!({ "order_id": id, "version": version })),
            ("advance_orders", json!({ "orders": [id, format!("{id}@{version}")] })),
        ] {
            let (status, refusal) = ops.call(function, arguments).await;
            assert_eq!((status, &refusal["kind"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")), "{function} {version:?}");
        }
    }
    assert_eq!(ops.snapshot().await["orders"], json!([order]));
}

/// The page's forms say what they show, without JavaScript too: each row's own version, in each of its forms.
#[tokio::test]
async fn the_forms_of_a_page_send_the_version_that_it_shows() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.place_order().await;
    let id = order["orderId"].as_str().unwrap();
    ops.call_ok("advance_order", json!({ "order_id": id })).await;
    let page = |user: TestUser, path: &'static str| async move {
        user.http.get(format!("{}{path}", user.base)).send().await.unwrap().text().await.unwrap()
    };
    let console = page(ops.clone(), "/console").await;
    assert_eq!(inputs(&console, "version"), ["2", "2"], "advance and cancel");
    assert_eq!(inputs(&console, "orders[]"), [format!("{id}@2")]);
    assert_eq!(inputs(&page(ada, "/").await, "version"), ["2"]);

    let keys = inputs(&console, "key");
    let again = inputs(&page(ops, "/console").await, "key");
    assert_eq!((keys.len(), again.len()), (2, 2));
    assert!(keys[0] != keys[1] && keys.iter().all(|key| key.len() > 36 && !again.contains(key)), "each form and rendering has its own");
}

#[tokio::test]
async fn the_same_message_with_the_same_key_is_sent_once() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let mut stream = ada.open().await;
    let to_all = json!({ "title": "Closed", "message": "We are closed today.", "key": "k-1" });
    let first = ops.call_ok("broadcast", to_all.clone()).await;
    assert_eq!(ops.call_ok("broadcast", to_all.clone()).await, first);
    let to_ada = json!({ "username": "ada", "title": "Hello", "message": "Only for you.", "key": "k-2" });
    let second = ops.call_ok("notify_user", to_ada.clone()).await;
    assert_eq!(ops.call_ok("notify_user", to_ada.clone()).await, second);

    // With a key that was used, nothing else is sent: not to others, not another text.
    let others = [
        ("broadcast", json!({ "title": "Closed", "message": "We are open again.", "key": "k-1" })),
        ("notify_user", json!({ "username": "ada", "title": "Closed", "message": "We are closed today.", "key": "k-1" })),
        ("notify_user", json!({ "username": "grace", "title": "Hello", "message": "Only for you.", "key": "k-2" })),
    ];
    for (function, arguments) in others {
        let (status, refusal) = ops.call(function, arguments).await;
        assert_eq!(status, StatusCode::CONFLICT, "{function}: {refusal}");
    }
    // The key of a push is another one; without a key, each call sends.
    let push = json!({ "user": "ada", "event": "notification", "data": { "title": "Pushed", "message": "m" }, "key": "k-1" });
    assert_eq!(program.push(push).await.0, StatusCode::ACCEPTED);
    let plain = json!({ "title": "Plain", "message": "m" });
    let (one, two) = (ops.call_ok("broadcast", plain.clone()).await, ops.call_ok("broadcast", plain).await);
    assert_ne!(one["id"], two["id"]);
    for title in ["Closed", "Hello", "Pushed", "Plain", "Plain"] {
        assert_eq!(data(&stream.next_logged().await)["title"], title);
    }
    for key in [String::from("\0"), "x".repeat(129)] {
        let (status, _) = ops.call("broadcast", json!({ "title": "t", "message": "m", "key": key })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ops.call("broadcast", json!({ "title": "t", "message": "m", "key": "x".repeat(128) })).await.0, StatusCode::OK);
}

/// The values of a page's inputs of that name, in their order.
fn inputs(page: &str, name: &str) -> Vec<String> {
    let attribute = |input: &str, name: &str| Some(input.split_once(&format!(" {name}=\""))?.1.split('"').next()?.to_owned());
    let inputs = page.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    inputs.filter(|input| attribute(input, "name").as_deref() == Some(name)).filter_map(|input| attribute(input, "value")).collect()
}
