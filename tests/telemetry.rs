//! What operators get: metrics, the dashboard and the alerts made of them, and log lines.

mod common;

use common::{Program, TOKEN, orderwire, plain};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

/// The metrics of a program: each series with its value.
async fn metrics(program: &Program) -> BTreeMap<String, f64> {
    let text = Client::new().get(format!("{}/metrics", program.base)).send().await.unwrap().text().await.unwrap();
    let series = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
    series.map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect()
}

/// The names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("orderwire_")).map(str::to_owned).collect()
}

fn deploy(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file)).unwrap()
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_use_metrics_that_exist() {
    let program = Program::start(&[]);
    let mut stream = program.user("ada").await.open().await;
    program.notify("ada", "t").await;
    stream.next_logged().await;
    let there: BTreeSet<_> = metrics(&program).await.keys().flat_map(|series| names(series)).collect();
    for file in ["grafana.json", "alerts.yml"] {
        let missing: Vec<_> = names(&deploy(file)).into_iter().filter(|name| !there.contains(name)).collect();
        assert!(missing.is_empty(), "deploy/{file}: {missing:?}");
    }
    let dashboard: Value = serde_json::from_str(&deploy("grafana.json")).unwrap();
    assert!(!dashboard["panels"].as_array().unwrap().is_empty());
}

#[test]
fn the_alert_rules_are_rules_of_prometheus() {
    let output = plain("promtool").args(["check", "rules", "deploy/alerts.yml"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.expect("promtool is missing: run 'tools/setup cluster'");
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn streams_are_counted_by_how_they_end_and_events_by_where_they_come_from() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let start = stream.start.clone();
    program.notify("ada", "live").await;
    stream.next_logged().await;
    drop(ada.resume(Some("none-7")).await.next_logged().await);
    // What was trimmed from memory, with the user's last stream, comes from the log.
    let mut replayed = program.user("ada").await.resume(Some(&start)).await;
    replayed.next_logged().await;
    ada.call_ok("sign_out", json!({})).await;
    while stream.next_or_end().await.is_some() {}
    let metrics = metrics(&program).await;
    let count = |series: &str| metrics[series];
    assert_eq!(count("orderwire_streams_opened_total"), 3.0);
    assert_eq!(count("orderwire_streams_ended_total{reason=\"session\"}"), 1.0);
    assert_eq!(count("orderwire_resyncs_total{reason=\"other_epoch\"}"), 1.0);
    assert_eq!(count("orderwire_resyncs_total{reason=\"trimmed\"}"), 0.0);
    assert_eq!(count("orderwire_events_appended_total"), 2.0);
    let sent = |source: &str| count(&format!("orderwire_events_sent_total{{source=\"{source}\"}}"));
    assert_eq!(sent("memory") + sent("log"), 2.0);
    assert!(count("orderwire_delivery_seconds_count") >= 1.0);
    assert_eq!(count("orderwire_ready{part=\"writer\"}"), 1.0);
    assert_eq!(count("orderwire_redis_connected"), -1.0);
}

/// With `--log-format json`, each line is an object; each request has one, which bears its id, and no secret.
#[tokio::test]
async fn each_request_is_one_log_line_without_secrets() {
    common::files();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/orderwire.db", folder.path().display());
    let mut command = orderwire();
    command.args(["--demo", "--addr", "127.0.0.1:0", "--log-format", "json", "--push-token", TOKEN, "--database-url", &database]);
    let mut child = command.env("RUST_LOG", "info").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let base = line.strip_prefix("Orderwire serves at ").unwrap().to_owned();
    let ada = common::TestUser::sign_in(&base, "ada").await;
    let answer = ada.http.get(format!("{base}/api/snapshot?q=private")).header("x-request-id", "proxy-7").send().await.unwrap();
    assert_eq!((answer.status(), &answer.headers()["x-request-id"]), (StatusCode::OK, &"proxy-7".parse().unwrap()));
    let forged = ada.http.get(format!("{base}/healthz")).header("x-request-id", "7 forged").send().await.unwrap();
    assert_ne!(forged.headers()["x-request-id"], "7 forged");
    let long = ada.http.get(format!("{base}/{}", "x".repeat(5_000))).send().await.unwrap();
    assert_eq!(long.status(), StatusCode::NOT_FOUND);
    child.kill().unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    for secret in ["\"demo\"", "private", TOKEN, &ada.cookie()] {
        assert!(!output.contains(secret), "{secret} is in {output}");
    }
    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["target"] == "orderwire::request").collect();
    assert_eq!(requests.len(), 4, "{output}");
    assert!(lines.iter().all(|line| line.to_string().len() < 1_000), "a line is of bounded length: {output}");
    let snapshot = requests.iter().find(|line| line["path"] == "/api/snapshot").unwrap();
    let fields = ["id", "user", "method", "status"].map(|field| snapshot[field].clone());
    assert_eq!(fields, [json!("proxy-7"), json!("ada"), json!("GET"), json!(200)]);
    assert!(snapshot["milliseconds"].is_number());
}
