//! Who may do what: each route and server function, asked by each kind of caller. The table of docs/security.md is made from this test.
//!
//! `SECURITY=write cargo test --features ssr --test security` writes the table anew.

mod common;

use common::{PASSWORD, Program, TestUser};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::{fs, path::Path};

const DOCUMENT: &str = "docs/security.md";

/// Where the table's rows begin, and where they end.
const HEAD: &str =
    "| request | nobody | customer | another customer | staff | removed user | ended session |\n|---|---|---|---|---|---|---|\n";

/// Who asks, in the order of the columns.
const CALLERS: [&str; 6] = ["nobody", "customer", "another customer", "staff", "removed user", "ended session"];

/// What is asked for. `{order}`, `{number}`, `{version}`, `{notification}`, `{client}` and `{cursor}` are the customer's, made for each
/// cell; `{password}` is the caller's.
const REQUESTS: &[(&str, &str, &str)] = &[
    ("GET", "/", ""),
    ("GET", "/console", ""),
    ("GET", "/wire", ""),
    ("GET", "/account", ""),
    ("GET", "/orders/{number}", ""),
    ("GET", "/orders/{order}", ""),
    ("GET", "/notifications", ""),
    ("GET", "/notifications?before={notification}", ""),
    ("GET", "/sign-in", ""),
    ("GET", "/events", ""),
    ("GET", "/api/snapshot", ""),
    ("GET", "/api/order?number={number}", ""),
    ("GET", "/api/order?order_id={order}", ""),
    ("GET", "/api/notifications", ""),
    ("GET", "/api/audit?from={cursor}&through={cursor}", ""),
    ("GET", "/api/demo_people", ""),
    ("POST", "/api/place_order", r#"{"items":{"mug":1}}"#),
    ("POST", "/api/cancel_order", r#"{"order_id":"{order}","version":"{version}"}"#),
    ("POST", "/api/advance_order", r#"{"order_id":"{order}","version":"{version}"}"#),
    ("POST", "/api/advance_orders", r#"{"orders":["{order}@{version}"]}"#),
    ("POST", "/api/mark_read", r#"{"notification_id":"{notification}"}"#),
    ("POST", "/api/notify_user", r#"{"username":"ada","title":"t","message":"m"}"#),
    ("POST", "/api/broadcast", r#"{"title":"t","message":"m"}"#),
    ("POST", "/api/cut_stream", r#"{"client_id":"{client}"}"#),
    ("POST", "/api/demo_traffic", r#"{"on":false}"#),
    ("POST", "/api/change_password", r#"{"old":"{password}","new":"a longer password"}"#),
    ("POST", "/api/sign_out", "{}"),
    ("POST", "/api/push", r#"{"user":"ada","event":"own","data":{}}"#),
    ("GET", "/healthz", ""),
    ("GET", "/readyz", ""),
    ("GET", "/metrics", ""),
];

#[tokio::test]
async fn each_request_is_answered_by_who_asks_as_the_document_says() {
    let mut rows = String::new();
    for (method, path, body) in REQUESTS {
        // One program a request: what one cell changes does not reach the next request's.
        let mut program = Program::start(&[]);
        let mut cells = Vec::new();
        for caller in CALLERS {
            if path.ends_with("change_password") {
                program = Program::start(&[]);
            }
            cells.push(ask(&program, caller, method, path, body).await);
        }
        let path = path.split('?').next().unwrap();
        rows.push_str(&format!("| `{method} {path}` | {} |\n", cells.join(" | ")));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(HEAD).expect("the table is not there");
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    if std::env::var("SECURITY").as_deref() == Ok("write") {
        fs::write(path, format!("{before}{HEAD}{rows}{}", &rest[end..])).unwrap();
    } else {
        assert_eq!(rest[..end], rows, "{DOCUMENT} says otherwise");
    }
}

/// Each test that the document names is there.
#[test]
fn each_threat_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join(DOCUMENT)).unwrap();
    let threats = text.split("## What stops whom").nth(1).unwrap();
    let mut count = 0;
    for row in threats.lines().filter(|line| line.starts_with("| to ")) {
        let tests = row.rsplit(" | ").next().unwrap();
        let mut source = String::new();
        for (place, quoted) in tests.split('`').skip(1).step_by(2).enumerate() {
            if quoted.contains('/') {
                source = fs::read_to_string(root.join(quoted)).unwrap_or_else(|error| panic!("{quoted}: {error}"));
            } else {
                let test = [format!("fn {quoted}("), format!("test('{quoted}'")];
                assert!(place > 0 && test.iter().any(|test| source.contains(test)), "there is no test {quoted}: {row}");
                count += 1;
            }
        }
    }
    assert!(count >= 20, "{count} tests");
}

/// What the caller is answered: the status, and where it is sent.
async fn ask(program: &Program, caller: &str, method: &str, path: &str, body: &str) -> String {
    let owner = program.user("ada").await;
    let stream = owner.open().await;
    let (mut path, mut body) = (path.to_owned(), body.to_owned());
    if ["{order}", "{number}"].iter().any(|name| path.contains(name) || body.contains(name)) {
        let order = owner.place_order().await;
        for text in [&mut path, &mut body] {
            *text = text.replace("{order}", order["orderId"].as_str().unwrap());
            *text = text.replace("{number}", &order["number"].to_string()).replace("{version}", &order["version"].to_string());
        }
    }
    if body.contains("{notification}") || path.contains("{notification}") {
        program.notify("ada", "t").await;
        let page = owner.snapshot().await;
        let id = page["notifications"][0]["id"].as_str().unwrap();
        (path, body) = (path.replace("{notification}", id), body.replace("{notification}", id));
    }
    if body.contains("{client}") {
        let staff = program.user("ops").await.snapshot().await;
        let streams = staff["consoleStats"]["streams"].as_array().unwrap();
        body = body.replace("{client}", streams.iter().find(|open| open["username"] == "ada").unwrap()["clientId"].as_str().unwrap());
    }
    // Of the users here, the one who is added and removed has another password than the demo's.
    body = body.replace("{password}", if caller == "removed user" { PASSWORD } else { "demo" });
    let path = path.replace("{cursor}", owner.snapshot().await["cursor"].as_str().unwrap());
    let asking = as_caller(program, caller, owner).await;
    let request = asking.http.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", program.base));
    let request = match method {
        "POST" => request.json(&serde_json::from_str::<Value>(&body).unwrap()),
        _ => request.header(header::ACCEPT, "text/html"),
    };
    let answer = request.send().await.unwrap();
    drop(stream);
    cell(answer.status(), answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned()))
}

async fn as_caller(program: &Program, caller: &str, owner: TestUser) -> TestUser {
    match caller {
        "nobody" => program.anonymous(),
        "customer" => owner,
        "another customer" => program.user("grace").await,
        "staff" => program.user("ops").await,
        "removed user" => {
            let name = format!("gone{}", fastrand::u32(..));
            program.add_user(&name, false);
            let user = program.user(&name).await;
            let store = orderwire::server::store::Store::open(&program.database(), Default::default()).await.unwrap();
            store.remove_user(&name).await.unwrap();
            user
        }
        _ => {
            // The cookie of a session that has been signed out of.
            let user = program.user("ada").await;
            let cookie = user.cookie();
            user.call_ok("sign_out", json!({})).await;
            user.jar.add_cookie_str(&cookie, &program.base.parse().unwrap());
            user
        }
    }
}

fn cell(status: StatusCode, location: Option<String>) -> String {
    match location {
        Some(to) if status.is_redirection() => format!("{} to `{}`", status.as_u16(), to.split('?').next().unwrap_or_default()),
        _ => status.as_u16().to_string(),
    }
}
