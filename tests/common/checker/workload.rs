//! The workload: writers of every kind, also during faults. Pushes have keys and are retried until they are answered. Orders,
//! notifications and broadcasts are sent once: one without an answer may or may not have happened.

use super::{
    super::{PATIENCE, TOKEN, TestUser, client, sequence},
    client::{PAUSE, Position},
    verdict::mark,
};
use futures::future::join_all;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// An event's mark and, where the answer said it, its sequence.
pub type Acknowledged = (String, Option<i64>);

/// Steps after which a writer waits for the clients, so that they lag by what they missed and not by what they cannot read in time.
const AHEAD: usize = 12;

/// It waits for the clients of so many customers, and of all staff.
const SETTLED: usize = 6;

/// The largest data of a push, in bytes: more than passes most connections before they are cut.
const LARGE: usize = 6_000;

/// What the writers share.
pub struct Workload {
    pub base: String,
    /// The Redis that takes some of the pushes.
    pub queue: Option<redis::Client>,
    /// All users, by name: customers first, then staff.
    pub users: Vec<(String, TestUser)>,
    pub up: watch::Receiver<bool>,
    /// Whether a 5xx is an answer to expect.
    pub may_refuse: bool,
    pub stopped: watch::Receiver<bool>,
    pub positions: HashMap<String, Vec<Position>>,
    pub acknowledged: Mutex<Vec<Acknowledged>>,
}

impl Workload {
    /// Starts one writer for each user, each with a random generator of its own.
    pub fn start(self: &Arc<Self>, random: &mut fastrand::Rng) -> Vec<JoinHandle<()>> {
        (0..self.users.len()).map(|index| tokio::spawn(self.clone().write(index, random.fork()))).collect()
    }

    async fn write(self: Arc<Self>, index: usize, mut random: fastrand::Rng) {
        let (name, user) = &self.users[index];
        let (_, staff) = &self.users[self.users.len() - 1];
        let http = client().build().unwrap();
        let mut step = 0;
        while !*self.stopped.borrow() {
            step += 1;
            let title = format!("{name} {step}");
            if step % AHEAD == 0 {
                self.settle(&http, &title, random.fork()).await;
                continue;
            }
            match random.u8(0..10) {
                0 if self.queue.is_some() => self.push_to_redis(name, title, random.bool()).await,
                0..6 => {
                    // All at once, so that they share commits.
                    let pushes = (0..random.u8(1..6)).map(|part| self.push(&http, name, format!("{title}.{part}"), random.fork()));
                    join_all(pushes.collect::<Vec<_>>()).await;
                }
                6..8 if !is_staff(name) => self.order(user, staff, random.fork()).await,
                6..9 => {
                    let (other, _) = &self.users[random.usize(..self.users.len())];
                    self.call_once(staff, "notify_user", json!({ "username": other, "title": title, "message": "m" })).await;
                }
                _ => {
                    self.call_once(staff, "broadcast", json!({ "title": title, "message": "to all" })).await;
                }
            }
        }
    }

    /// Pushes until there is an answer, and sometimes once more, like a program that missed the answer.
    async fn push(&self, http: &Client, to: &str, title: String, mut random: fastrand::Rng) -> i64 {
        let kind = if random.bool() { "notification" } else { "weather.changed" };
        let filler = if random.u8(..) < 10 { random.usize(..LARGE) } else { random.usize(..60) };
        let push = json!({ "user": to, "event": kind, "data": { "title": title, "message": "m".repeat(filler) }, "key": title });
        let id = self.push_until_answered(http, &push).await;
        if random.u8(..) < 30 {
            assert_eq!(self.push_until_answered(http, &push).await, id, "the same key is the same event");
        }
        self.acknowledge((title, Some(id)));
        id
    }

    /// Adds a push to the Redis stream: with a key, until it is known to be there; without one, once, so that it may be there or not.
    async fn push_to_redis(&self, to: &str, title: String, keyed: bool) {
        let data = json!({ "title": title, "message": "m" }).to_string();
        let mut add = redis::cmd("XADD");
        add.arg(&["push.events", "*", "userId", to, "event", "notification", "data", &data]);
        if keyed {
            add.arg(&["key", &title]);
        }
        loop {
            match self.redis_query::<String>(&add).await {
                Some(_) => return self.acknowledge((title, None)),
                None if !keyed => return,
                None => sleep(PAUSE).await,
            }
        }
    }

    /// Waits until every entry of the Redis stream has been ingested.
    pub async fn until_the_queue_is_empty(&self) {
        let mut length = redis::cmd("XLEN");
        length.arg("push.events");
        let empty = async { while self.queue.is_some() && self.redis_query::<usize>(&length).await != Some(0) {} };
        timeout(PATIENCE, empty).await.expect("the queue is never empty");
    }

    /// Redis' answer, if there is one.
    async fn redis_query<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        let mut connection = self.queue.as_ref()?.get_multiplexed_async_connection().await.ok()?;
        command.query_async(&mut connection).await.ok()
    }

    async fn push_until_answered(&self, http: &Client, push: &Value) -> i64 {
        loop {
            self.until_up().await;
            let Ok(answer) = http.post(format!("{}/api/push", self.base)).bearer_auth(TOKEN).json(push).send().await else { continue };
            let status = answer.status();
            if self.may_refuse && status.is_server_error() {
                sleep(PAUSE).await;
                continue;
            }
            let Ok(body) = answer.json::<Value>().await else { continue };
            assert_eq!(status, StatusCode::ACCEPTED, "{body}");
            return sequence(body["id"].as_str().unwrap());
        }
    }

    /// Places an order, advances it some steps, and perhaps cancels it.
    async fn order(&self, customer: &TestUser, staff: &TestUser, mut random: fastrand::Rng) {
        let Some(order) = self.call_once(customer, "place_order", json!({ "items": { "mug": 1 } })).await else { return };
        let order = json!({ "order_id": order["orderId"] });
        for _ in 0..random.u8(0..4) {
            self.call_once(staff, "advance_order", order.clone()).await;
        }
        if random.u8(..) < 60 {
            self.call_once(customer, "cancel_order", order).await;
        }
    }

    /// Calls a server function once. With an answer, the event must be in the log; without one, it may be; after a refusal, it must not be.
    async fn call_once(&self, user: &TestUser, function: &str, arguments: Value) -> Option<Value> {
        self.until_up().await;
        let (status, answer) = user.try_call(function, arguments).await.ok()?;
        match status {
            // An earlier call without an answer has advanced this order.
            StatusCode::CONFLICT => return None,
            // It may have happened all the same.
            _ if self.may_refuse && status.is_server_error() => return None,
            _ => assert_eq!(status, StatusCode::OK, "{function}: {answer}"),
        }
        self.acknowledge((mark(&answer), None));
        Some(answer)
    }

    /// Pushes something to staff, who have the most to read, and to some customers, and waits until all of their clients have read it.
    async fn settle(&self, http: &Client, title: &str, mut random: fastrand::Rng) {
        let (staff, others): (Vec<_>, Vec<_>) = self.users.iter().partition(|(name, _)| is_staff(name));
        for (name, _) in random.choose_multiple(others, SETTLED).into_iter().chain(staff) {
            let id = self.push(http, name, format!("{title} to {name}"), fastrand::Rng::with_seed(0)).await;
            for position in &self.positions[name] {
                let mut position = position.clone();
                let reached = timeout(PATIENCE, position.wait_for(|at| *at >= id)).await;
                assert!(matches!(reached, Ok(Ok(_))), "a client of {name} does not reach {id}");
            }
        }
    }

    fn acknowledge(&self, acknowledged: Acknowledged) {
        self.acknowledged.lock().unwrap().push(acknowledged);
    }

    async fn until_up(&self) {
        self.up.clone().wait_for(|up| *up).await.unwrap();
    }
}

fn is_staff(name: &str) -> bool {
    name.starts_with(super::STAFF)
}
