//! Settings and commands: an error is one clear line on standard error and exit 2.

mod common;

use common::{Program, orderwire, read};
use reqwest::{Client, StatusCode};
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Output, Stdio},
};

fn refused(output: &Output) -> String {
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn a_wrong_setting_is_one_clear_line_and_exit_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/a.db", folder.path().display());
    for (flags, says) in [
        (vec!["--addr", "nowhere"], "--addr"),
        (vec!["--keep-alive", "soon"], "--keep-alive"),
        (vec!["--keep-alive", "99ms"], "100ms"),
        (vec!["--keep-alive", "3601s"], "1h"),
        (vec!["--max-connections-per-address", "many"], "--max-connections-per-address"),
        (vec!["--trusted-proxy", "proxy.example"], "--trusted-proxy"),
        (vec!["--public-url", "https://a.example/shop"], "--public-url"),
        (vec!["--metrics-addr", "everywhere"], "--metrics-addr"),
        (vec!["--metrics-addr", &taken, "--database-url", &database, "--addr", "127.0.0.1:0"], &taken),
        (vec!["--unheard-of"], "--unheard-of"),
        (vec!["--history", "20000y"], "100y"),
        (vec!["--max-streams", "99999999999999999999"], "--max-streams"),
        (vec!["--max-streams-per-user", "0"], "--max-streams-per-user"),
        (vec!["--session-idle", "often"], "--session-idle"),
        (vec!["--sign-in-rate", "10"], "10/15m"),
        (vec!["--order-rate", "0/1m"], "--order-rate"),
        (vec!["--push-rate", "1/25h"], "1d"),
        (vec!["--database-url", "mysql://somewhere"], "--database-url"),
        (vec!["--database-url", "sqlite:///dev/null/a.db"], "/dev/null"),
        (vec!["--redis-url", "redis://127.0.0.1", "--database-url", &database], "--redis-url"),
        (vec!["--addr", &taken, "--database-url", &database], &taken),
        (vec!["--tls-cert", "a.pem"], "--tls-key"),
        (vec!["--tls-cert", "a.pem", "--tls-key", "b.pem", "--database-url", &database, "--addr", "127.0.0.1:0"], "--tls-cert"),
    ] {
        let line = refused(&orderwire().args(&flags).env("RUST_LOG", "off").output().unwrap());
        assert!(line.contains(says), "{flags:?}: {line}");
    }
}

#[test]
fn a_push_token_that_can_be_guessed_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/a.db", folder.path().display());
    let start = |token: &str| {
        let mut command = orderwire();
        command.args(["--database-url", &database, "--addr", "127.0.0.1:0"]).env("ORDERWIRE_PUSH_TOKEN", token).output().unwrap()
    };
    for token in ["", "fifteen-letters", "sixteen letters or more", "sixteen-umlauts-ä"] {
        let line = refused(&start(token));
        assert!(line.contains("--push-token") && (token.is_empty() || !line.contains(token)), "{line}");
    }
    // At the bound, what is refused is the next setting.
    let output = orderwire().args(["--push-token", "sixteen-letters-", "--database-url", "mysql://"]).output().unwrap();
    assert!(refused(&output).contains("--database-url"));
}

/// Each is a slip that makes a part of the password look like another part of the URL.
#[test]
fn a_malformed_database_url_shows_no_password() {
    for url in [
        "postgres://ops:hunter2@127.0.0.1:99999/a",
        "postgres://ops:12/hunter2@127.0.0.1:1/a",
        "postgres://ops:12#hunter2@127.0.0.1:1/a",
        "postgres://ops:12?hunter2@127.0.0.1:1/a",
        "postgres://ops:hunter2@127.0.0.1@127.0.0.1:1/a",
        "postgres://ops:hunter2@127.0.0.1:1/a",
        "postgres:ops:hunter2@127.0.0.1/a",
        "postgres:/ops:hunter2@127.0.0.1/a",
        "postgres//hunter2:a@127.0.0.1/a",
        "hunter2@127.0.0.1:5432/a",
        "//ops:hunter2@127.0.0.1/a",
        "mysql://ops:hunter2@127.0.0.1/a",
    ] {
        let line = refused(&orderwire().args(["--database-url", url]).env("RUST_LOG", "off").output().unwrap());
        assert!(!line.contains("hunter2"), "{url}: {line}");
    }
}

#[tokio::test]
async fn an_added_user_can_sign_in() {
    let program = Program::start(&[]);
    let add = |name: &str| {
        let mut child = orderwire()
            .args(["add-user", name, "--staff", "--database-url", &program.database()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"a long secret\n").unwrap();
        child.wait_with_output().unwrap()
    };
    assert!(add("lin").status.success());
    assert!(refused(&add("lin")).contains("already"));
    assert!(refused(&add("Not A Name")).contains("user name"));
    let (status, user) = program.anonymous().call("sign_in", json!({ "username": "lin", "password": "a long secret" })).await;
    assert_eq!((status, &user["role"]), (StatusCode::OK, &json!("staff")));
}

#[tokio::test]
async fn the_name_of_a_removed_user_with_orders_is_not_given_to_another() {
    let mut program = Program::start(&[]);
    program.user("ada").await.place_order().await;
    let database = program.database();
    let run = |command: &str| {
        let mut child =
            orderwire().args([command, "ada", "--database-url", &database]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"a long secret\n").unwrap_or_default();
        child.wait_with_output().unwrap()
    };
    assert!(run("remove-user").status.success());
    assert!(refused(&run("add-user")).contains("orders"));
    // The demo adds its users at each start; it starts without her.
    program.crash_and_restart();
    let (status, _) = program.anonymous().call("sign_in", json!({ "username": "ada", "password": "demo" })).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_demo_user_is_not_served_without_the_demo() {
    let mut program = Program::start(&["--demo-shop"]);
    let database = program.database();
    program.kill();
    let start = || {
        let mut command = orderwire();
        command.args(["--addr", "127.0.0.1:0", "--database-url", &database]).env("RUST_LOG", "off");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next();
        // Where it serves, it does not end by itself.
        child.kill().unwrap();
        assert!(line.is_none(), "{line:?}");
        child.wait_with_output().unwrap()
    };
    for name in ["ada", "grace", "ops", "barbara", "edsger", "margaret"] {
        let line = refused(&start());
        let commands = [format!("orderwire remove-user {name}"), format!("orderwire set-password {name}")];
        assert!(commands.iter().all(|command| line.contains(command)) && line.contains("--demo"), "{line}");
        assert!(orderwire().args(["remove-user", name, "--database-url", &database]).output().unwrap().status.success());
    }
    let mut served = orderwire().args(["--addr", "127.0.0.1:0", "--database-url", &database]).stdout(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(served.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    served.kill().unwrap();
    served.wait().unwrap();
    assert!(line.starts_with("Orderwire serves at"), "{line}");
}

#[tokio::test]
async fn operators_see_health_readiness_and_metrics() {
    let program = Program::start(&[]);
    let get = |path: &str| {
        let url = format!("{}{path}", program.base);
        async move { read(Client::new().get(url).send().await.unwrap()).await }
    };
    assert_eq!(get("/healthz").await.0, StatusCode::OK);
    assert_eq!(get("/readyz").await.0, StatusCode::OK);
    let ada = program.user("ada").await;
    let _stream = ada.open().await;
    program.notify("ada", "t").await;
    let (_, metrics) = get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    assert!(metrics.contains("orderwire_streams 1") && metrics.contains("orderwire_events_appended_total 1"), "{metrics}");
}
