//! Limits that keep one from delaying the others: failed sign-ins by name and address, hashing, orders of a customer, pushes, pages of a user.

mod common;

use common::{PATIENCE, Program, Service, TestUser, orderwire};
use futures::{StreamExt, future::join_all, stream::FuturesUnordered};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};
use tokio::time::timeout;

/// What the program may take at most once its hashing memory is there, in KiB: four times 19 MiB, and itself.
const MEMORY_MAX: usize = 250 * 1_024;

/// Signs in from an address, as the trusted proxy says it.
async fn sign_in(program: &Program, from: &str, username: &str, password: &str) -> Response {
    let request = program.anonymous().http.post(format!("{}/api/sign_in", program.base)).header("x-forwarded-for", from);
    request.json(&json!({ "username": username, "password": password })).send().await.unwrap()
}

fn retry_after(answer: &Response) -> u64 {
    answer.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn too_many_failed_sign_ins_are_refused_and_lock_nobody_out_from_elsewhere() {
    let program = Program::start(&["--trusted-proxy", "127.0.0.1", "--sign-in-rate", "3/1d"]);
    let (here, elsewhere) = ("192.0.2.1", "192.0.2.2");
    for _ in 0..5 {
        assert_eq!(sign_in(&program, here, "ada", "demo").await.status(), StatusCode::OK, "a success does not count");
    }
    for _ in 0..3 {
        assert_eq!(sign_in(&program, here, "ada", "wrong").await.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = sign_in(&program, here, "ada", "demo").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds = retry_after(&refused);
    assert!((3_600..=8 * 3_600).contains(&seconds), "{seconds}");
    let body: Value = refused.json().await.unwrap();
    assert!(body["kind"] == "too_many" && body["retryAfter"].as_u64().is_some(), "{body}");
    assert_eq!(sign_in(&program, elsewhere, "ada", "demo").await.status(), StatusCode::OK);
    assert_eq!(sign_in(&program, here, "grace", "demo").await.status(), StatusCode::OK);
    // What nobody is called counts like a name.
    for expected in [401, 401, 401, 429] {
        assert_eq!(sign_in(&program, here, "nobody", "demo").await.status(), expected);
    }
    let metrics = Client::new().get(format!("{}/metrics", program.base)).send().await.unwrap().text().await.unwrap();
    for count in [r#"{reason="wrong"} 6"#, r#"{reason="failures"} 2"#, r#"{reason="busy"} 0"#] {
        assert!(metrics.contains(&format!("orderwire_sign_ins_refused_total{count}")), "{count}: {metrics}");
    }
}

#[tokio::test]
async fn failed_sign_ins_count_on_loopback_too() {
    let program = Program::start(&["--sign-in-rate", "1/1d"]);
    let wrong = json!({ "username": "ada", "password": "wrong" });
    assert_eq!(program.anonymous().call("sign_in", wrong.clone()).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(program.anonymous().call("sign_in", wrong).await.0, StatusCode::TOO_MANY_REQUESTS);
}

/// By one name, which is cut short by its failures, and by as many names as there are sign-ins, which wait for each other.
#[tokio::test]
async fn many_wrong_sign_ins_at_once_take_bounded_memory_and_keep_nobody_out() {
    let program = Program::start(&["--trusted-proxy", "127.0.0.1", "--sign-in-rate", "10/1d", "--max-connections-per-address", "0"]);
    let of_one_name = join_all((0..150).map(|_| sign_in(&program, "192.0.2.1", "ada", "wrong")));
    let of_many_names = join_all((0..150).map(|number| {
        let program = &program;
        async move { sign_in(program, "192.0.2.3", &format!("nobody-{number}"), "wrong").await }
    }));
    let real = async { sign_in(&program, "192.0.2.2", "ada", "demo").await };
    let (of_one_name, of_many_names, real) = timeout(PATIENCE, async { tokio::join!(of_one_name, of_many_names, real) }).await.unwrap();
    assert_eq!(real.status(), StatusCode::OK);
    let count = |answers: &[Response], status: u16| answers.iter().filter(|answer| answer.status() == status).count();
    assert_eq!((count(&of_one_name, 401), count(&of_one_name, 429)), (10, 140));
    for answer in of_many_names.iter().filter(|answer| answer.status() != StatusCode::UNAUTHORIZED) {
        assert!(answer.status() == StatusCode::SERVICE_UNAVAILABLE && retry_after(answer) > 0, "{answer:?}");
    }
    assert!(program.memory() < MEMORY_MAX, "{} KiB", program.memory());
}

#[tokio::test]
async fn a_refused_sign_in_is_logged_without_its_password_and_an_unknown_cookie_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/a.db", folder.path().display());
    let mut command = orderwire();
    command.args(["--demo", "--addr", "127.0.0.1:0", "--database-url", &database, "--sign-in-rate", "1/1d"]).env("RUST_LOG", "info");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let base = line.rsplit(' ').next().unwrap().to_owned();
    let http = Client::new();
    for cookie in ["orderwire=no id", "orderwire=AAAAAAAAAAAAAAAAAAAAAA"] {
        let asked = http.get(format!("{base}/api/snapshot")).header("cookie", cookie).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::UNAUTHORIZED);
    }
    let form = [("username", "ada"), ("password", "hunter2-hunter2")];
    for status in [401, 429] {
        let asked = http.post(format!("{base}/api/sign_in")).header("accept", "application/json").form(&form).send().await.unwrap();
        assert_eq!(asked.status(), status);
    }
    child.kill().unwrap();
    let log = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    let refused: Vec<_> = log.lines().filter(|line| line.contains("sign-in refused")).collect();
    assert_eq!(refused.len(), 2, "{log}");
    for (line, why) in refused.iter().zip(["wrong name or password", "too many failed sign-ins"]) {
        assert!([why, "INFO", "ada", "127.0.0.1"].iter().all(|part| line.contains(part)), "{line}");
    }
    assert!(!log.contains("hunter2") && !log.contains("suspicious"), "{log}");
}

#[tokio::test]
async fn a_customer_who_orders_too_often_is_refused_and_another_is_not() {
    let program = Program::start(&["--order-rate", "2/1d"]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    // What is no order does not count.
    for _ in 0..3 {
        assert_eq!(ada.call("place_order", json!({ "items": {} })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    ada.place_order().await;
    ada.place_order().await;
    let order = json!({ "items": { "mug": 1 } });
    let refused = ada.http.post(format!("{}/api/place_order", program.base)).json(&order).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(retry_after(&refused) > 3_600);
    grace.place_order().await;
}

#[tokio::test]
async fn pushes_past_their_rate_are_refused() {
    let program = Program::start(&["--push-rate", "1/1d"]);
    let push = json!({ "user": "ada", "event": "e", "data": {} });
    assert_eq!(program.push(push.clone()).await.0, StatusCode::ACCEPTED);
    let (status, refused) = program.push(push).await;
    assert_eq!((status, &refused["kind"]), (StatusCode::TOO_MANY_REQUESTS, &json!("too_many")));
}

/// The table of orders is locked, so each page waits for the database for as long as it may.
#[tokio::test]
async fn one_users_pages_take_neither_the_others_connections_nor_sign_in() {
    let postgres = Service::postgres().await;
    let program = Program::start_on(&postgres.url(), &[]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    let mut lock = PgConnection::connect(&postgres.url()).await.unwrap();
    lock.execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let page = |user: &TestUser| user.http.get(format!("{}/api/snapshot?q=mug", program.base)).send();
    let mut pages: FuturesUnordered<_> = (0..64).map(|_| page(&ada)).collect();
    // Two read and 32 wait; the others are refused at once.
    for _ in 0..30 {
        let refused = timeout(PATIENCE, pages.next()).await.unwrap().unwrap().unwrap();
        assert!(refused.status() == StatusCode::TOO_MANY_REQUESTS && retry_after(&refused) > 0, "{refused:?}");
    }
    let mut stream = grace.open().await;
    program.user("ops").await;
    program.notify("grace", "now").await;
    assert_eq!(stream.next_logged().await.event, "notification");
    lock.execute("COMMIT").await.unwrap();
    let rest: Vec<_> = timeout(PATIENCE, pages.collect::<Vec<_>>()).await.unwrap();
    assert_eq!(rest.len(), 34);
    assert_eq!(page(&grace).await.unwrap().status(), StatusCode::OK);
    assert_eq!(page(&ada).await.unwrap().status(), StatusCode::OK);
}
