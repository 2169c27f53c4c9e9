//! Invariant 3 over several instances: nginx, three of them, Redis and PostgreSQL, each of which falls while fifty users' readers, on
//! lines that are cut at random bytes, count what they are told. And a rolling deploy, which nobody is to notice.
//!
//! The seed is printed; `SEED=… cargo test --features ssr --test cluster` replays its dice.

mod common;

use common::{
    Cluster, PATIENCE, Person,
    checker::{self, FLAGS, Faults, Ground, Lasts, Plan},
};
use reqwest::{StatusCode, header};
use serde_json::json;
use std::process::Command;

/// Three instances, of which, as of all that is around them, anything may fall.
struct Falling {
    cluster: Cluster,
    falls: Vec<&'static str>,
}

impl Ground for Falling {
    const ALWAYS_ANSWERS: bool = true;

    fn base(&self) -> String {
        self.cluster.nginx.url()
    }

    fn database(&self) -> String {
        self.cluster.postgres.url()
    }

    fn queue(&self) -> Option<String> {
        Some(self.cluster.redis.url())
    }

    async fn fall(&mut self, random: &mut fastrand::Rng) {
        let Cluster { nginx, instances, redis, postgres } = &mut self.cluster;
        let instance = &mut instances[random.usize(..3)];
        // Each once, before any twice.
        let what =
            ["an instance killed", "Redis killed", "its listeners killed", "PostgreSQL killed", "nginx reloaded", "an instance stopped"];
        let what = what[self.falls.len() % what.len()];
        match what {
            "an instance killed" => instance.crash_and_restart(),
            "Redis killed" => {
                redis.kill();
                redis.restart().await;
            }
            "its listeners killed" => _ = redis.say(&["CLIENT", "KILL", "TYPE", "pubsub"]).await,
            "PostgreSQL killed" => {
                postgres.kill();
                postgres.restart().await;
            }
            "nginx reloaded" => nginx.signal("HUP"),
            _ => {
                instance.signal("TERM");
                assert!(instance.ended().await.success());
                instance.restart();
            }
        }
        self.falls.push(what);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reader_sees_exactly_what_was_committed_for_it_whatever_falls() {
    let plan = Plan {
        seed: checker::seed(),
        customers: 47,
        staff: 3,
        readers_each: 2,
        lasts: Lasts::Cuts(3_000),
        between_falls: 150..350,
        say_every: None,
    };
    let mut ground = Falling { cluster: Cluster::start(3, &FLAGS).await, falls: Vec::new() };
    let report = checker::run(plan, &mut ground).await;
    println!("{report}; {:?}", ground.falls);
    assert_eq!(report.faults, Faults::default());
    assert!(report.falls >= 6 && report.events > 2_000, "too little to prove anything");
}

/// Two instances, which are stopped and started in turn.
struct Rolling {
    cluster: Cluster,
    turn: usize,
}

impl Ground for Rolling {
    const ALWAYS_ANSWERS: bool = true;

    fn base(&self) -> String {
        self.cluster.nginx.url()
    }

    fn database(&self) -> String {
        self.cluster.postgres.url()
    }

    async fn fall(&mut self, _: &mut fastrand::Rng) {
        let instance = &mut self.cluster.instances[self.turn % 2];
        self.turn += 1;
        instance.signal("TERM");
        assert!(instance.ended().await.success());
        instance.restart();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_deploy_loses_nobody_anything() {
    let plan = Plan {
        seed: checker::seed(),
        customers: 8,
        staff: 2,
        readers_each: 3,
        lasts: Lasts::Cuts(800),
        between_falls: 80..160,
        say_every: None,
    };
    let report = checker::run(plan, &mut Rolling { cluster: Cluster::start(2, &FLAGS).await, turn: 0 }).await;
    println!("{report}");
    assert_eq!(report.faults, Faults::default());
    assert!(report.falls >= 4 && report.events > 500, "too little to prove anything");
}

/// The way to the browser: TLS, HTTP/2, each event at once, and a cookie that does not travel without TLS.
#[tokio::test]
async fn through_nginx_a_stream_is_http_2_and_not_held_back() {
    let cluster = Cluster::start(2, &[]).await;
    let base = cluster.nginx.url();
    let stranger = Person::stranger(&base);
    let sign_in = stranger.http.post(format!("{base}/api/sign_in")).json(&json!({ "username": "ada", "password": "demo" }));
    let answer = sign_in.send().await.unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly"), "{cookie}");

    let mut curl = Command::new("curl");
    curl.args(["--silent", "--insecure", "--no-buffer", "--http2", "--max-time", "60", "--include", "--cookie"]);
    let mut curl =
        curl.arg(cookie.split(';').next().unwrap()).arg(format!("{base}/events")).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = std::io::BufRead::lines(std::io::BufReader::new(curl.stdout.take().unwrap())).map(Result::unwrap);
    assert_eq!(said.next().as_deref().map(str::trim), Some("HTTP/2 200"));
    assert!(said.any(|line| line == "event: connected"));
    // Were it held back, nothing would be said before the stream ends.
    cluster.person("ada").await.order().await;
    assert!(said.any(|line| line == "event: order.updated"));
    curl.kill().unwrap();
    curl.wait().unwrap();
}

/// Another instance answers what one that is down cannot; what nobody is to see is not shown.
#[tokio::test]
async fn an_instance_that_is_down_is_passed_by() {
    let mut cluster = Cluster::start(2, &[]).await;
    let ada = cluster.person("ada").await;
    cluster.instances[0].kill();
    let orders = async {
        for _ in 0..10 {
            ada.order().await;
        }
    };
    tokio::time::timeout(PATIENCE, orders).await.unwrap();
    assert_eq!(ada.snapshot().await["orders"].as_array().unwrap().len(), 10);
    let metrics = ada.http.get(format!("{}/metrics", ada.base)).send().await.unwrap();
    assert_eq!(metrics.status(), StatusCode::NOT_FOUND);
}
