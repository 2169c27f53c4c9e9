//! The server functions: names, rights, forms and JSON, refusals, and methods.

mod common;

use common::{Program, TestUser, read};
use reqwest::{Client, Method, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};

/// What a browser accepts that loads a page.
const BROWSER_ACCEPTS: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

#[tokio::test]
async fn an_order_advances_step_by_step_and_is_cancelled_only_before_it_is_shipped() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.call_ok("place_order", json!({ "items": { "mug": 2, "tea": 1 } })).await;
    assert_eq!((&order["status"], &order["totalCents"]), (&json!("placed"), &json!(2 * 1800 + 890)));
    let id = json!({ "order_id": order["orderId"] });
    for status in ["packed", "shipped", "delivered"] {
        assert_eq!(ops.call_ok("advance_order", id.clone()).await["status"], status);
    }
    assert_eq!(refused(&ops, "advance_order", id.clone()).await, 409);
    assert_eq!(refused(&ada, "cancel_order", id).await, 409);

    let second = ada.place_order().await;
    let id = json!({ "order_id": second["orderId"] });
    assert_eq!(ada.call_ok("cancel_order", id.clone()).await["status"], "cancelled");
    assert_eq!(refused(&ops, "advance_order", id).await, 409);
}

#[tokio::test]
async fn each_function_is_for_the_users_that_the_contract_names() {
    let program = Program::start(&[]);
    let (ada, grace, ops) = (program.user("ada").await, program.user("grace").await, program.user("ops").await);
    let order = ada.place_order().await;
    let id = json!({ "order_id": order["orderId"] });
    let (to_all, to_ada) = (json!({ "title": "t", "message": "m" }), json!({ "username": "ada", "title": "t", "message": "m" }));
    let calls = [("place_order", json!({ "items": { "mug": 1 } })), ("cancel_order", id.clone()), ("advance_order", id.clone())];
    let calls = calls.into_iter().chain([("notify_user", to_ada), ("broadcast", to_all), ("mark_read", json!({ "all": true }))]);
    for (function, arguments) in calls {
        assert_eq!(refused(&program.anonymous(), function, arguments.clone()).await, 401, "{function}");
        let of_staff = ["advance_order", "notify_user", "broadcast"].contains(&function);
        if of_staff {
            assert_eq!(refused(&ada, function, arguments).await, 403, "{function}");
        }
    }
    assert_eq!(refused(&ops, "place_order", json!({ "items": { "mug": 1 } })).await, 403);
    assert_eq!(refused(&grace, "cancel_order", id.clone()).await, 404, "another's order does not exist for her");
    assert_eq!(grace.snapshot().await["orders"], json!([]));
    assert_eq!(ops.snapshot().await["orders"][0]["orderId"], order["orderId"]);
    assert_eq!(ops.call_ok("cancel_order", id).await["status"], "cancelled");
}

#[tokio::test]
async fn marking_as_read_counts_once_and_reaches_all_of_the_users_streams() {
    let program = Program::start(&[]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    for title in ["one", "two", "three"] {
        program.notify("ada", title).await;
    }
    let page = ada.snapshot().await;
    assert_eq!(page["unread"], 3);
    let newest = &page["notifications"][0];
    assert_eq!(newest["title"], "three");
    let one = json!({ "notification_id": newest["id"] });
    let mut stream = ada.open().await;
    assert_eq!(ada.call_ok("mark_read", one.clone()).await, json!({ "ids": [newest["id"]], "unread": 2 }));
    assert_eq!(ada.call_ok("mark_read", one.clone()).await, json!({ "ids": [], "unread": 2 }));
    assert_eq!(refused(&grace, "mark_read", one).await, 404);
    assert_eq!(ada.call_ok("mark_read", json!({ "all": true })).await["unread"], 0);
    let events = [stream.next_logged().await, stream.next_logged().await];
    assert!(events.iter().all(|event| event.event == "notification.read"));
    assert_eq!(common::data(&events[0]), json!({ "ids": [newest["id"]], "unread": 2 }));
    assert_eq!(common::data(&events[1])["unread"], 0);
    assert_eq!(ada.snapshot().await["unread"], 0);
}

#[tokio::test]
async fn a_request_from_another_site_changes_nothing() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    for (name, value) in [("origin", "https://elsewhere.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
        let request = ada.http.post(format!("{}/api/place_order", program.base)).header(name, value);
        let (status, answer) = read(request.json(&json!({ "items": { "mug": 1 } })).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(answer["error"].is_string());
    }
    assert_eq!(ada.snapshot().await["orders"], json!([]));
    let own = ada.http.post(format!("{}/api/place_order", program.base)).header("origin", &program.base);
    assert_eq!(own.json(&json!({ "items": { "mug": 1 } })).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_refusal_is_one_clear_line_with_the_fitting_status() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let long = "x".repeat(2_001);
    let refusals = [
        (&ada, "place_order", json!({}), 422),
        (&ada, "place_order", json!({ "items": { "unicorn": 1 } }), 422),
        (&ada, "place_order", json!({ "items": "mug" }), 400),
        (&ada, "place_order", json!({ "items": ["mug"] }), 400),
        (&ada, "place_order", json!({ "items": { "mug": 100 } }), 422),
        (&ada, "cancel_order", json!({ "order_id": "none" }), 404),
        (&ada, "mark_read", json!({}), 422),
        (&ops, "notify_user", json!({ "username": "nobody", "title": "t", "message": "m" }), 404),
        (&ops, "notify_user", json!({ "username": "ada", "title": " ", "message": "m" }), 422),
        (&ops, "broadcast", json!({ "title": "t", "message": long }), 422),
        (&ops, "broadcast", json!({ "title": "t\u{0}", "message": "m" }), 422),
        (&ops, "no_such_function", json!({}), 404),
    ];
    for (who, function, arguments, status) in refusals {
        assert_eq!(refused(who, function, arguments).await, status, "{function}");
    }
    let wrong = json!({ "username": "ada", "password": "wrong" });
    assert_eq!(refused(&program.anonymous(), "sign_in", wrong).await, 401);
    let large = json!({ "title": "t", "message": "x".repeat(70_000) });
    assert_eq!(refused(&ops, "broadcast", large).await, 413);
}

/// The status of a call that must be refused with one line.
async fn refused(who: &TestUser, function: &str, arguments: Value) -> u16 {
    let (status, answer) = who.call(function, arguments).await;
    let line = answer["error"].as_str().unwrap_or_else(|| panic!("{function}: {status} {answer}"));
    assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
    status.as_u16()
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let program = Program::start(&[]);
    let request = program.anonymous().http.post(format!("{}/api/sign_in", program.base));
    let answer = request.form(&[("username", "ada"), ("password", "demo")]).send().await.unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn orders_and_sessions_survive_a_crash() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    let order = ada.place_order().await;
    let before = ada.snapshot().await;
    program.crash_and_restart();
    assert_eq!(ada.snapshot().await, before);
    assert_eq!(before["orders"], json!([order]));
}

/// The old session ends for every tab that still has its cookie.
#[tokio::test]
async fn signing_in_as_another_user_begins_a_new_session_and_ends_the_old() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let old = ada.cookie();
    ada.call_ok("sign_in", json!({ "username": "grace", "password": "demo" })).await;
    assert_ne!(ada.cookie(), old);
    assert_eq!(ada.snapshot().await["user"]["username"], "grace");
    assert_eq!(stream.next_logged().await.event, "session.ended");

    // A late request with the old cookie is refused, and its answer does not delete the new cookie.
    let late = Client::new().get(format!("{}/api/snapshot", program.base)).header(header::COOKIE, &old).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::UNAUTHORIZED);
    assert!(!late.headers().contains_key(header::SET_COOKIE));
    let out = ada.http.post(format!("{}/api/sign_out", program.base)).send().await.unwrap();
    assert!(out.headers()[header::SET_COOKIE].to_str().unwrap().starts_with("orderwire=;"), "a sign-out deletes it");
}

#[tokio::test]
async fn a_wrong_method_is_405_with_the_methods_that_are_allowed() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let routes = [
        (Method::POST, "/healthz", "GET,HEAD"),
        (Method::DELETE, "/readyz", "GET,HEAD"),
        (Method::POST, "/metrics", "GET,HEAD"),
        (Method::POST, "/events", "GET,HEAD"),
        (Method::GET, "/api/push", "POST"),
        (Method::GET, "/api/place_order", "POST"),
        (Method::POST, "/api/snapshot", "GET,HEAD"),
        (Method::PUT, "/", "GET,HEAD"),
        (Method::POST, "/console", "GET,HEAD"),
        (Method::POST, "/pkg/orderwire.js", "GET,HEAD"),
    ];
    for (method, path, allow) in routes {
        let answer = ada.http.request(method.clone(), format!("{}{path}", program.base)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(answer.headers()[header::ALLOW], allow, "{method} {path}");
        let (_, json) = read(answer).await;
        assert_eq!(json["kind"], "method_not_allowed", "{method} {path}");
        assert!(json["error"].as_str().is_some_and(|line| !line.is_empty()), "{method} {path}: {json}");
    }
    for (method, path) in [(Method::GET, "/api/nowhere"), (Method::POST, "/nowhere"), (Method::GET, "/pkg/nothing.js")] {
        let answer = ada.http.request(method.clone(), format!("{}{path}", program.base)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(read(answer).await.1["kind"], "not_found", "{method} {path}");
    }
}

#[tokio::test]
async fn what_get_answers_head_answers_without_the_body() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    for path in ["/", "/api/snapshot", "/healthz", "/nowhere", "/pkg/nothing.js"] {
        let get = ada.http.get(format!("{}{path}", program.base)).send().await.unwrap();
        let head = ada.http.head(format!("{}{path}", program.base)).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_loaded_is_a_page_for_a_browser_and_json_for_a_script() {
    let program = Program::start(&[]);
    let ops = program.user("ops").await;
    let pages = [("application/json", "application/json", "there is no such order"), (BROWSER_ACCEPTS, "text/html", "No such")];
    for (accept, content, says) in pages {
        let answer = ops.http.get(format!("{}/orders/9", program.base)).header(header::ACCEPT, accept).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{accept}");
        assert!(answer.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with(content), "{accept}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(says), "{accept}: {text}");
    }
}

#[tokio::test]
async fn a_page_that_leads_to_the_sign_in_page_does_so_for_a_browser_and_is_json_for_a_script() {
    let program = Program::start(&[]);
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    for path in ["/orders/9", "/console?q=tea", "/notifications"] {
        let get = |accept| http.get(format!("{}{path}", program.base)).header(header::ACCEPT, accept).send();
        let page = get(BROWSER_ACCEPTS).await.unwrap();
        assert_eq!(page.status(), StatusCode::FOUND, "{path}");
        assert!(page.headers()[header::LOCATION].to_str().unwrap().starts_with("/sign-in?next="), "{path}");
        let refusal = get("application/json").await.unwrap();
        assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(!refusal.headers().contains_key(header::LOCATION), "{path}");
        assert_eq!(read(refusal).await.1, json!({ "error": "sign in first", "kind": "signed_out" }), "{path}");
    }
}
