//! Invariant 3 over several instances: faults in nginx, in three instances, in Redis, in PostgreSQL and on the way to it, and clients that leave, while the clients of fifty users
//! read over connections that are cut at random bytes. And a rolling deploy.
//!
//! The seed is printed; `SEED=… cargo test --features ssr --test cluster` repeats its random choices.

mod common;

use common::{
    Cluster, PATIENCE, TestUser,
    checker::{self, Anomalies, CLUSTER_FAULTS, FLAGS, FailingCluster, Plan, SystemUnderTest, Until},
};
use reqwest::{StatusCode, header};
use serde_json::json;
use std::process::Command;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_3_each_client_receives_exactly_what_was_committed_for_its_user_whatever_fails() {
    let plan = Plan {
        seed: checker::seed(),
        customers: 47,
        staff: 3,
        clients_each: 2,
        until: Until::Cuts(3_000),
        cuts_between_faults: 150..350,
        progress_every: None,
    };
    let report = checker::run(plan, &mut FailingCluster::start(&FLAGS).await).await;
    println!("{report}");
    assert_eq!(report.anomalies, Anomalies::default());
    assert!(report.faults >= CLUSTER_FAULTS && report.events > 2_000, "too little to prove anything");
}

/// Two instances that are restarted in turn.
struct Rolling {
    cluster: Cluster,
    turn: usize,
}

impl SystemUnderTest for Rolling {
    const ALWAYS_ANSWERS: bool = true;

    fn base(&self) -> String {
        self.cluster.nginx.url()
    }

    fn database(&self) -> String {
        self.cluster.postgres.url()
    }

    async fn inject_fault(&mut self, _: &mut fastrand::Rng) -> &'static str {
        let instance = &mut self.cluster.instances[self.turn % 2];
        self.turn += 1;
        instance.signal("TERM");
        assert!(instance.ended().await.success());
        instance.restart();
        "an instance restarted"
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_deploy_loses_no_event() {
    let plan = Plan {
        seed: checker::seed(),
        customers: 8,
        staff: 2,
        clients_each: 3,
        until: Until::Cuts(800),
        cuts_between_faults: 80..160,
        progress_every: None,
    };
    let report = checker::run(plan, &mut Rolling { cluster: Cluster::start(2, &FLAGS).await, turn: 0 }).await;
    println!("{report}");
    assert_eq!(report.anomalies, Anomalies::default());
    assert!(report.faults >= 4 && report.events > 500, "too little to prove anything");
}

/// As a browser sees it: TLS, HTTP/2, each event at once, and a Secure cookie.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_nginx_a_stream_is_http_2_and_not_buffered() {
    let cluster = Cluster::start(2, &[]).await;
    let base = cluster.nginx.url();
    let anonymous = TestUser::anonymous(&base);
    let sign_in = anonymous.http.post(format!("{base}/api/sign_in")).json(&json!({ "username": "ada", "password": "demo" }));
    let answer = sign_in.send().await.unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly"), "{cookie}");

    let mut curl = Command::new("curl");
    curl.args(["--silent", "--insecure", "--no-buffer", "--http2", "--max-time", "60", "--include", "--cookie"]);
    let mut curl =
        curl.arg(cookie.split(';').next().unwrap()).arg(format!("{base}/events")).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(curl.stdout.take().unwrap())).map(Result::unwrap);
    assert_eq!(lines.next().as_deref().map(str::trim), Some("HTTP/2 200"));
    assert!(lines.any(|line| line == "event: connected"));
    // If nginx buffered, nothing would come before the stream ends.
    cluster.user("ada").await.place_order().await;
    assert!(lines.any(|line| line == "event: order.updated"));
    curl.kill().unwrap();
    curl.wait().unwrap();
}

/// nginx asks another instance instead, and does not serve `/metrics` to the outside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_pass_by_an_instance_that_is_down() {
    let mut cluster = Cluster::start(2, &[]).await;
    let ada = cluster.user("ada").await;
    cluster.instances[0].kill();
    let orders = async {
        for _ in 0..10 {
            ada.place_order().await;
        }
    };
    tokio::time::timeout(PATIENCE, orders).await.unwrap();
    assert_eq!(ada.snapshot().await["orders"].as_array().unwrap().len(), 10);
    let metrics = ada.http.get(format!("{}/metrics", ada.base)).send().await.unwrap();
    assert_eq!(metrics.status(), StatusCode::NOT_FOUND);
}
