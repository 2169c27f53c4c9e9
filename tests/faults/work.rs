//! All that people and programs do, each over and over again, side by side.

use crate::common::{Program, TOKEN, TestUser, client};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Push,
    Order,
    Advance,
    Notify,
    Broadcast,
    Read,
    Page,
    Console,
    SignIn,
    Stream,
}

impl Act {
    pub const ALL: [Act; 10] =
        [Act::Push, Act::Order, Act::Advance, Act::Notify, Act::Broadcast, Act::Read, Act::Page, Act::Console, Act::SignIn, Act::Stream];

    pub fn writes(self) -> bool {
        !matches!(self, Act::Page | Act::Console | Act::Stream)
    }
}

/// What became of one.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub act: Act,
    pub began: Instant,
    pub took: Duration,
    /// None where no answer came.
    pub status: Option<StatusCode>,
    pub answer: Value,
    /// What tells a push from every other.
    pub key: Option<String>,
}

/// How long a client waits: longer than any answer may take, so that one that takes too long is seen as such.
const GIVES_UP: Duration = Duration::from_secs(30);

/// Between one and the next, so that a small machine does not drown in them.
const PAUSE: Duration = Duration::from_millis(50);

/// Who does it.
#[derive(Clone)]
pub struct Cast {
    base: String,
    http: Client,
    ada: TestUser,
    ops: TestUser,
}

impl Cast {
    pub async fn of(program: &Program) -> Self {
        let http = client().timeout(GIVES_UP).build().unwrap();
        Self { base: program.base.clone(), http, ada: program.user("ada").await, ops: program.user("ops").await }
    }

    /// Does it once.
    pub async fn act(&self, act: Act, place: usize) -> Outcome {
        let began = Instant::now();
        let key = (act == Act::Push).then(|| format!("key {place}"));
        let title = format!("{act:?} {place}");
        let answer = match act {
            Act::Push => self.push(&key, &title).await,
            Act::Order => self.call(&self.ada, "place_order", json!({ "items": { "mug": 1 } })).await,
            Act::Advance => self.advance().await,
            Act::Notify => self.call(&self.ops, "notify_user", json!({ "username": "ada", "title": title, "message": "m" })).await,
            Act::Broadcast => self.call(&self.ops, "broadcast", json!({ "title": title, "message": "m" })).await,
            Act::Read => self.call(&self.ada, "mark_read", json!({ "all": true })).await,
            Act::Page => self.get(&self.ada, "/api/snapshot").await,
            Act::Console => self.get(&self.ops, "/api/snapshot").await,
            Act::SignIn => self.sign_in_and_out().await,
            Act::Stream => self.stream().await,
        };
        let (status, answer) = answer.map_or((None, Value::Null), |(status, answer)| (Some(status), answer));
        Outcome { act, began, took: began.elapsed(), status, answer, key }
    }

    async fn push(&self, key: &Option<String>, title: &str) -> reqwest::Result<(StatusCode, Value)> {
        let push = json!({ "user": "ada", "event": "notification", "data": { "title": title, "message": "m" }, "key": key });
        read(self.http.post(format!("{}/api/push", self.base)).bearer_auth(TOKEN).json(&push)).await
    }

    async fn call(&self, who: &TestUser, function: &str, arguments: Value) -> reqwest::Result<(StatusCode, Value)> {
        let request = self.http.post(format!("{}/api/{function}", self.base)).header("cookie", who.cookie());
        read(request.header("accept", "application/json").json(&arguments)).await
    }

    async fn get(&self, who: &TestUser, path: &str) -> reqwest::Result<(StatusCode, Value)> {
        read(self.http.get(format!("{}{path}", self.base)).header("cookie", who.cookie())).await
    }

    /// The newest order that can be advanced, a step; one is placed where there is none.
    async fn advance(&self) -> reqwest::Result<(StatusCode, Value)> {
        let (status, page) = self.get(&self.ops, "/api/snapshot?status=placed").await?;
        if status != StatusCode::OK {
            return Ok((status, page));
        }
        match page["orders"][0]["orderId"].as_str() {
            Some(order) => self.call(&self.ops, "advance_order", json!({ "order_id": order })).await,
            None => self.call(&self.ada, "place_order", json!({ "items": { "tea": 1 } })).await,
        }
    }

    async fn sign_in_and_out(&self) -> reqwest::Result<(StatusCode, Value)> {
        let request = self.http.post(format!("{}/api/sign_in", self.base)).header("accept", "application/json");
        let answer = request.json(&json!({ "username": "grace", "password": "demo" })).send().await?;
        let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let (status, text) = (answer.status(), answer.text().await?);
        if status != StatusCode::OK {
            return Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))));
        }
        let request = self.http.post(format!("{}/api/sign_out", self.base)).header("accept", "application/json");
        read(request.header("cookie", cookie)).await
    }

    /// Opens a stream and reads its first bytes.
    async fn stream(&self) -> reqwest::Result<(StatusCode, Value)> {
        let mut answer = self.http.get(format!("{}/events", self.base)).header("cookie", self.ada.cookie()).send().await?;
        let status = answer.status();
        if status == StatusCode::OK {
            answer.chunk().await?;
            return Ok((status, Value::Null));
        }
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub fn ada(&self) -> TestUser {
        self.ada.clone()
    }

    /// What `/readyz` says, and how long it took.
    pub async fn readiness(&self) -> (StatusCode, String, Duration) {
        let began = Instant::now();
        let answer = self.http.get(format!("{}/readyz", self.base)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap(), began.elapsed())
    }
}

async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<(StatusCode, Value)> {
    let answer = request.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// Everybody at work; what became of what they did so far.
pub struct Work {
    pub outcomes: Arc<Mutex<Vec<Outcome>>>,
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
}

impl Work {
    pub fn begin(cast: &Cast) -> Self {
        let outcomes: Arc<Mutex<Vec<Outcome>>> = Arc::default();
        let (stop, stopped) = watch::channel(false);
        let workers = Act::ALL.map(|act| {
            let (cast, outcomes, stopped) = (cast.clone(), outcomes.clone(), stopped.clone());
            tokio::spawn(async move {
                for place in 0.. {
                    if *stopped.borrow() {
                        break;
                    }
                    let outcome = cast.act(act, place).await;
                    outcomes.lock().unwrap().push(outcome);
                    sleep(PAUSE).await;
                }
            })
        });
        Self { outcomes, stop, workers: workers.into() }
    }

    /// Returns when each has been done once more.
    pub async fn once_more(&self, what: impl Fn(&Outcome) -> bool) {
        let begin = self.outcomes.lock().unwrap().len();
        loop {
            let done = {
                let outcomes = self.outcomes.lock().unwrap();
                let since = &outcomes[begin..];
                Act::ALL.iter().all(|act| since.iter().any(|outcome| outcome.act == *act && what(outcome)))
            };
            if done {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn end(self) -> Vec<Outcome> {
        self.stop.send_replace(true);
        for worker in self.workers {
            worker.await.unwrap();
        }
        Arc::try_unwrap(self.outcomes).unwrap().into_inner().unwrap()
    }
}
