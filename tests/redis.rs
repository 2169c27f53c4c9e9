//! Redis: the relay of commit notifications, and the ingest of `push.events`. Without Redis, events come with a delay, and that is all.

mod common;

use common::{PATIENCE, Program, Service, StreamClient, data};
use redis::Value as Answer;
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::Connection;
use tokio::time::timeout;

/// The database and the Redis that instances share.
struct Backends {
    redis: Service,
    database: Service,
}

impl Backends {
    async fn new() -> Self {
        let (redis, database) = tokio::join!(Service::redis(), Service::postgres());
        Self { redis, database }
    }

    fn start(&self) -> Program {
        Program::start_on(&self.database.url(), &["--redis-url", &self.redis.url()])
    }

    /// Adds an entry to the Redis stream.
    async fn add(&self, fields: &[&str]) -> String {
        text(self.redis.command(&[&["XADD", "push.events", "*"], fields].concat()).await)
    }

    async fn notify(&self, title: &str) {
        self.add(&["userId", "ada", "event", "notification", "data", &json!({ "title": title, "message": "m" }).to_string()]).await;
    }

    async fn until(&self, command: &[&str], answer: impl Fn(&Answer) -> bool) {
        let asked = async { while !answer(&self.redis.command(command).await) {} };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{command:?} is never answered like that"));
    }
}

fn text(answer: Answer) -> String {
    redis::from_redis_value(answer).unwrap()
}

/// Waits until `/readyz` contains that text.
async fn until_ready_says(program: &Program, text: &str) {
    let url = format!("{}/readyz", program.base);
    let asked = async {
        loop {
            let answer = Client::new().get(&url).send().await.unwrap();
            assert!(answer.status().is_success(), "without Redis an instance is ready all the same");
            if answer.text().await.unwrap().contains(text) {
                return;
            }
        }
    };
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("/readyz never says {text:?}"));
}

async fn title(stream: &mut StreamClient) -> Value {
    data(&stream.next_logged().await)["title"].clone()
}

/// One connection for the relay and one for the ingest, however many streams are open.
#[tokio::test]
async fn an_instance_has_the_same_few_connections_however_many_streams() {
    let backends = Backends::new().await;
    let (a, b) = (backends.start(), backends.start());
    for program in [&a, &b] {
        until_ready_says(program, "redis: connected").await;
    }
    let ada = a.user("ada").await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(ada.open().await);
        streams.push(ada.at(&b.base).open().await);
    }
    let listening = text(backends.redis.command(&["CLIENT", "LIST", "TYPE", "pubsub"]).await);
    assert_eq!(listening.lines().count(), 2, "{listening}");
    // And one is this test's.
    let all = text(backends.redis.command(&["CLIENT", "LIST"]).await);
    assert_eq!(all.lines().count(), 5, "{all}");
}

/// The metric counts notifications of other instances; polling would find the event, and not count.
#[tokio::test]
async fn a_commit_notifies_the_other_instance() {
    let backends = Backends::new().await;
    let (a, b) = (backends.start(), backends.start());
    for program in [&a, &b] {
        until_ready_says(program, "redis: connected").await;
    }
    assert_eq!(remote_notifications(&b).await, 0);
    a.notify("ada", "t").await;
    let notified = async { while remote_notifications(&b).await == 0 {} };
    timeout(PATIENCE, notified).await.expect("no notification comes");
    // An instance ignores its own notification.
    assert_eq!(remote_notifications(&a).await, 0);
}

/// A log that begins a new epoch is another log: instances that read the old one and the new one do not notify each other.
#[tokio::test]
async fn the_relay_moves_to_the_channel_of_a_new_epoch() {
    let backends = Backends::new().await;
    let (a, b) = (backends.start(), backends.start());
    for program in [&a, &b] {
        until_ready_says(program, "redis: connected").await;
    }
    let mut database = sqlx::PgConnection::connect(&backends.database.url()).await.unwrap();
    sqlx::query("UPDATE log SET epoch = 'restored'").execute(&mut database).await.unwrap();
    let both = |answer: &Answer| matches!(answer, Answer::Array(counts) if counts.get(1) == Some(&Answer::Int(2)));
    backends.until(&["PUBSUB", "NUMSUB", "orderwire:restored:commits"], both).await;
    let before = remote_notifications(&b).await;
    a.notify("ada", "t").await;
    let notified = async { while remote_notifications(&b).await == before {} };
    timeout(PATIENCE, notified).await.expect("no notification comes");
}

async fn remote_notifications(program: &Program) -> u64 {
    let metrics = Client::new().get(format!("{}/metrics", program.base)).send().await.unwrap().text().await.unwrap();
    metrics.lines().find_map(|line| line.strip_prefix("orderwire_remote_commits_total ")).map_or(0, |count| count.parse().unwrap())
}

/// Redis is killed and restarted, and its subscribers are disconnected: events come all the same, each once and in order.
#[tokio::test]
async fn invariant_8_without_redis_events_come_with_a_delay_and_nothing_is_lost() {
    let mut backends = Backends::new().await;
    let (a, b) = (backends.start(), backends.start());
    let ada = a.user("ada").await;
    let mut stream = ada.at(&b.base).open().await;
    until_ready_says(&a, "redis: connected").await;
    a.notify("ada", "relayed").await;
    backends.redis.kill();
    until_ready_says(&a, "redis: disconnected").await;
    a.notify("ada", "not relayed").await;
    assert_eq!([title(&mut stream).await, title(&mut stream).await], ["relayed", "not relayed"]);
    backends.redis.restart().await;
    for program in [&a, &b] {
        until_ready_says(program, "redis: connected").await;
    }
    backends.redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    a.notify("ada", "disconnected").await;
    assert_eq!(title(&mut stream).await, "disconnected");
    for program in [&a, &b] {
        until_ready_says(program, "redis: connected").await;
    }
}

/// The connection is open, and Redis is suspended.
#[tokio::test]
async fn a_connection_that_is_open_but_silent_is_found_out() {
    let backends = Backends::new().await;
    let program = backends.start();
    until_ready_says(&program, "redis: connected").await;
    backends.redis.signal("STOP");
    until_ready_says(&program, "redis: disconnected").await;
    backends.redis.signal("CONT");
    until_ready_says(&program, "redis: connected").await;
}

/// Redis answers commands, but does not allow the subscription.
#[tokio::test]
async fn a_subscription_that_is_not_permitted_is_found_out() {
    let backends = Backends::new().await;
    backends.redis.command(&["ACL", "SETUSER", "deaf", "on", ">secret", "~*", "resetchannels", "+@all"]).await;
    let program =
        Program::start_on(&backends.database.url(), &["--redis-url", &backends.redis.url().replace("redis://", "redis://deaf:secret@")]);
    until_ready_says(&program, "redis: disconnected (").await;
    until_ready_says(&program, "no permissions").await;
    backends.redis.command(&["ACL", "SETUSER", "deaf", "allchannels"]).await;
    until_ready_says(&program, "redis: connected").await;
}

#[tokio::test]
async fn each_entry_of_push_events_becomes_one_event_whichever_instance_reads_it() {
    let backends = Backends::new().await;
    // Added before any instance reads.
    backends.notify("before").await;
    let (a, b) = (backends.start(), backends.start());
    let ada = a.user("ada").await;
    let mut stream = ada.resume(None).await;
    for number in 0..50 {
        backends.notify(&number.to_string()).await;
    }
    backends.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
    b.notify("ada", "last").await;
    let mut titles = Vec::new();
    while titles.last() != Some(&json!("last")) {
        titles.push(title(&mut stream).await);
    }
    // This event may have come before the stream opened.
    titles.retain(|title| title != "before");
    titles.sort_by_key(|title| title.as_str().unwrap().parse::<usize>().unwrap_or(usize::MAX));
    let meant: Vec<_> = (0..50).map(|number| json!(number.to_string())).chain([json!("last")]).collect();
    assert_eq!(titles, meant);
    let notifications = ada.snapshot().await["unread"].clone();
    assert_eq!(notifications, 52);
    let pending = backends.redis.command(&["XPENDING", "push.events", "orderwire"]).await;
    assert!(matches!(&pending, Answer::Array(parts) if parts[0] == Answer::Int(0)), "{pending:?}");
}

/// A key makes a retry safe, over HTTP and over Redis.
#[tokio::test]
async fn the_same_key_is_one_event_over_http_and_redis() {
    let backends = Backends::new().await;
    let program = backends.start();
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let data = r#"{"sun":true}"#;
    for _ in 0..3 {
        backends.add(&["userId", "ada", "event", "weather", "data", data, "key", "k"]).await;
    }
    let first = stream.next_logged().await;
    let (_, answer) = program.push(json!({ "user": "ada", "event": "weather", "data": { "sun": true }, "key": "k" })).await;
    assert_eq!(answer["id"], first.id);
    backends.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
    program.notify("ada", "next").await;
    assert_eq!(title(&mut stream).await, "next");
}

/// Redis forgets that an entry was taken, as after a failover to a replica that was behind, and delivers it again.
#[tokio::test]
async fn an_entry_without_a_key_that_is_delivered_again_is_one_event() {
    let backends = Backends::new().await;
    let program = backends.start();
    let mut stream = program.user("ada").await.open().await;
    let fields = ["userId", "ada", "event", "weather", "data", r#"{"sun":true}"#];
    for _ in 0..2 {
        backends.redis.command(&[&["XADD", "push.events", "5-1"], &fields[..]].concat()).await;
        backends.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
        // A stream that exists takes no id a second time.
        backends.redis.command(&["DEL", "push.events"]).await;
    }
    assert_eq!(stream.next_logged().await.event, "weather");
    program.notify("ada", "next").await;
    assert_eq!(title(&mut stream).await, "next");
    assert_eq!(backends.redis.command(&["EXISTS", "push.events.rejected"]).await, Answer::Int(0));
}

#[tokio::test]
async fn an_entry_that_is_no_event_is_rejected_with_the_reason_and_does_not_stop_the_others() {
    let backends = Backends::new().await;
    let program = backends.start();
    let mut stream = program.user("ada").await.open().await;
    let invalid: [&[&str]; 6] = [
        &["userId", "nobody", "event", "weather", "data", "{}"],
        &["userId", "ada", "event", "weather", "data", "{"],
        &["userId", "ada", "event", "resync", "data", "{}"],
        &["event", "weather", "data", "{}"],
        &["userId", "ada", "event", "weather", "data", "{}", "key", ""],
        &["userId", "ada", "event", "weather", "data", &format!("{:?}", "x".repeat(17_000))],
    ];
    let mut ids = Vec::new();
    for fields in invalid {
        ids.push(backends.add(fields).await);
    }
    backends.notify("good").await;
    assert_eq!(title(&mut stream).await, "good");
    backends.until(&["XLEN", "push.events.rejected"], |answer| *answer == Answer::Int(6)).await;
    let rejected: Vec<(String, Vec<(String, String)>)> =
        redis::from_redis_value(backends.redis.command(&["XRANGE", "push.events.rejected", "-", "+"]).await).unwrap();
    let reasons = ["no user", "no JSON", "nobody can push it", "userId is missing", "key has", "larger than"];
    for (((_, fields), id), reason) in rejected.iter().zip(&ids).zip(reasons) {
        assert!(fields[0].0 == "reason" && fields[0].1.contains(reason), "{fields:?}");
        assert_eq!(fields[1], ("entry".into(), id.clone()));
    }
    // With its fields as they were added.
    assert_eq!(rejected[0].1[2], ("userId".into(), "nobody".into()));
}

/// An entry that was read and never acknowledged is claimed.
#[tokio::test]
async fn an_entry_that_a_dead_instance_had_read_is_claimed_by_another() {
    let backends = Backends::new().await;
    backends.redis.command(&["XGROUP", "CREATE", "push.events", "orderwire", "0", "MKSTREAM"]).await;
    backends.notify("left").await;
    backends.redis.command(&["XREADGROUP", "GROUP", "orderwire", "dead", "STREAMS", "push.events", ">"]).await;
    let program = backends.start();
    let mut stream = program.user("ada").await.open().await;
    assert_eq!(title(&mut stream).await, "left");
    backends.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
}

/// While the database is away, entries wait in Redis; afterwards each becomes one event.
#[tokio::test]
async fn entries_wait_for_the_database() {
    let mut backends = Backends::new().await;
    let program = backends.start();
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    backends.notify("first").await;
    assert_eq!(title(&mut stream).await, "first");
    backends.database.kill();
    backends.notify("second").await;
    backends
        .until(&["XPENDING", "push.events", "orderwire"], |answer| matches!(answer, Answer::Array(parts) if parts[0] == Answer::Int(1)))
        .await;
    backends.database.restart().await;
    assert_eq!(title(&mut stream).await, "second");
    backends.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
    assert_eq!(ada.snapshot().await["unread"], 2);
}

/// Redis may lose everything, the consumer group too.
#[tokio::test]
async fn a_lost_consumer_group_is_created_again() {
    let backends = Backends::new().await;
    let program = backends.start();
    let mut stream = program.user("ada").await.open().await;
    backends.notify("before").await;
    assert_eq!(title(&mut stream).await, "before");
    backends.redis.command(&["FLUSHALL"]).await;
    backends.notify("after").await;
    assert_eq!(title(&mut stream).await, "after");
}
