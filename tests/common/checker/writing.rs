//! Writers of every kind, while the program falls and rises: pushes with keys, which are tried until they are answered; orders placed,
//! moved and cancelled, notices and broadcasts, which are not, so that what was not answered may or may not have happened.

use super::{
    super::{PATIENCE, Person, TOKEN, client, sequence},
    reading::{PAUSE, Position},
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

/// Steps after which a writer waits for the readers, so that they are behind by what they missed and not by what they cannot take.
const AHEAD: usize = 12;

/// For the readers of so many customers, and of all staff.
const SETTLED: usize = 6;

/// The largest data of a push, in bytes: more than most lines bear before they are cut.
const LARGE: usize = 6_000;

/// What writers share.
pub struct Stage {
    pub base: String,
    /// The other way in for pushes.
    pub queue: Option<redis::Client>,
    /// Everyone, by name: customers first, then staff.
    pub people: Vec<(String, Person)>,
    pub up: watch::Receiver<bool>,
    /// Whether an answer may be that it cannot now.
    pub may_refuse: bool,
    pub stopped: watch::Receiver<bool>,
    pub positions: HashMap<String, Vec<Position>>,
    pub acknowledged: Mutex<Vec<Acknowledged>>,
}

impl Stage {
    /// One writer a user, each by dice of its own.
    pub fn begin(self: &Arc<Self>, random: &mut fastrand::Rng) -> Vec<JoinHandle<()>> {
        (0..self.people.len()).map(|place| tokio::spawn(self.clone().write(place, random.fork()))).collect()
    }

    async fn write(self: Arc<Self>, place: usize, mut random: fastrand::Rng) {
        let (name, person) = &self.people[place];
        let (_, staff) = &self.people[self.people.len() - 1];
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
                0 if self.queue.is_some() => self.put(name, title, random.bool()).await,
                0..6 => {
                    // At once, so that they share commits.
                    let pushes = (0..random.u8(1..6)).map(|part| self.push(&http, name, format!("{title}.{part}"), random.fork()));
                    join_all(pushes.collect::<Vec<_>>()).await;
                }
                6..8 if !person_is_staff(name) => self.order(person, staff, random.fork()).await,
                6..9 => {
                    let (other, _) = &self.people[random.usize(..self.people.len())];
                    self.told(staff, "notify_user", json!({ "username": other, "title": title, "message": "m" })).await;
                }
                _ => {
                    self.told(staff, "broadcast", json!({ "title": title, "message": "to all" })).await;
                }
            }
        }
    }

    /// Pushes until it is answered, and sometimes once more, as a pusher does that missed the answer.
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

    /// Puts a push into the queue: with a key, until it is known to be there; without one once, so that it may be there or not.
    async fn put(&self, to: &str, title: String, keyed: bool) {
        let data = json!({ "title": title, "message": "m" }).to_string();
        let mut add = redis::cmd("XADD");
        add.arg(&["push.events", "*", "userId", to, "event", "notification", "data", &data]);
        if keyed {
            add.arg(&["key", &title]);
        }
        loop {
            match self.say::<String>(&add).await {
                Some(_) => return self.acknowledge((title, None)),
                None if !keyed => return,
                None => sleep(PAUSE).await,
            }
        }
    }

    /// Waits until all that was put into the queue has been written.
    pub async fn until_the_queue_is_empty(&self) {
        let mut length = redis::cmd("XLEN");
        length.arg("push.events");
        let empty = async { while self.queue.is_some() && self.say::<usize>(&length).await != Some(0) {} };
        timeout(PATIENCE, empty).await.expect("the queue is never empty");
    }

    /// What Redis answers, if it does.
    async fn say<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
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

    /// An order is placed and goes some steps of its way, or is cancelled.
    async fn order(&self, customer: &Person, staff: &Person, mut random: fastrand::Rng) {
        let Some(order) = self.told(customer, "place_order", json!({ "items": { "mug": 1 } })).await else { return };
        let order = json!({ "order_id": order["orderId"] });
        for _ in 0..random.u8(0..4) {
            self.told(staff, "advance_order", order.clone()).await;
        }
        if random.u8(..) < 60 {
            self.told(customer, "cancel_order", order).await;
        }
    }

    /// Calls a server function once. What it answers is in the log; if it does not answer, nobody knows. A refusal leaves nothing.
    async fn told(&self, by: &Person, function: &str, arguments: Value) -> Option<Value> {
        self.until_up().await;
        let (status, answer) = by.attempt(function, arguments).await.ok()?;
        match status {
            // Not answered the first time, this order had come further than was thought.
            StatusCode::CONFLICT => return None,
            // It may have been done all the same.
            _ if self.may_refuse && status.is_server_error() => return None,
            _ => assert_eq!(status, StatusCode::OK, "{function}: {answer}"),
        }
        self.acknowledge((mark(&answer), None));
        Some(answer)
    }

    /// Pushes something to staff, who have the most to read, and to some others, and waits until all of their readers have come to it.
    async fn settle(&self, http: &Client, title: &str, mut random: fastrand::Rng) {
        let (staff, others): (Vec<_>, Vec<_>) = self.people.iter().partition(|(name, _)| person_is_staff(name));
        for (name, _) in random.choose_multiple(others, SETTLED).into_iter().chain(staff) {
            let id = self.push(http, name, format!("{title} to {name}"), fastrand::Rng::with_seed(0)).await;
            for position in &self.positions[name] {
                let mut position = position.clone();
                let reached = timeout(PATIENCE, position.wait_for(|at| *at >= id)).await;
                assert!(matches!(reached, Ok(Ok(_))), "a reader of {name}'s does not come to {id}");
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

fn person_is_staff(name: &str) -> bool {
    name.starts_with(super::STAFF)
}
