//! Redis between instances: it carries the notifier, and brings what other programs push. Away, it costs delay and nothing else.

mod common;

use common::{PATIENCE, Program, Reader, Service, data};
use redis::Value as Answer;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::timeout;

/// Instances on one database with one Redis.
struct Place {
    redis: Service,
    database: Service,
}

impl Place {
    async fn new() -> Self {
        let (redis, database) = tokio::join!(Service::redis(), Service::postgres());
        Self { redis, database }
    }

    fn start(&self) -> Program {
        Program::start_on(&self.database.url(), &["--redis-url", &self.redis.url()])
    }

    /// Puts an entry where other programs do.
    async fn add(&self, fields: &[&str]) -> String {
        text(self.redis.say(&[&["XADD", "push.events", "*"], fields].concat()).await)
    }

    async fn notify(&self, title: &str) {
        self.add(&["userId", "ada", "event", "notification", "data", &json!({ "title": title, "message": "m" }).to_string()]).await;
    }

    async fn until(&self, command: &[&str], answer: impl Fn(&Answer) -> bool) {
        let asked = async { while !answer(&self.redis.say(command).await) {} };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{command:?} is never answered like that"));
    }
}

fn text(answer: Answer) -> String {
    redis::from_redis_value(answer).unwrap()
}

/// Waits until readiness says it.
async fn until_ready_says(program: &Program, says: &str) {
    let url = format!("{}/readyz", program.base);
    let asked = async {
        loop {
            let answer = Client::new().get(&url).send().await.unwrap();
            assert!(answer.status().is_success(), "without Redis an instance serves all the same");
            if answer.text().await.unwrap().contains(says) {
                return;
            }
        }
    };
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("readiness never says {says:?}"));
}

async fn title(stream: &mut Reader) -> Value {
    data(&stream.logged().await)["title"].clone()
}

/// One connection for the bell and one that waits for entries, however many streams are open.
#[tokio::test]
async fn an_instance_has_the_same_few_connections_however_many_streams() {
    let place = Place::new().await;
    let (a, b) = (place.start(), place.start());
    for program in [&a, &b] {
        until_ready_says(program, "carries the notifier").await;
    }
    let ada = a.person("ada").await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(ada.open().await);
        streams.push(ada.at(&b.base).open().await);
    }
    let listening = text(place.redis.say(&["CLIENT", "LIST", "TYPE", "pubsub"]).await);
    assert_eq!(listening.lines().count(), 2, "{listening}");
    // This test's own is one more.
    let all = text(place.redis.say(&["CLIENT", "LIST"]).await);
    assert_eq!(all.lines().count(), 5, "{all}");
}

/// What one instance writes rings at the other. (It would be found without, by looking; then nothing would have rung.)
#[tokio::test]
async fn the_bell_rings_on_the_other_instance() {
    let place = Place::new().await;
    let (a, b) = (place.start(), place.start());
    for program in [&a, &b] {
        until_ready_says(program, "carries the notifier").await;
    }
    assert_eq!(rings_from_afar(&b).await, 0);
    a.notify("ada", "t").await;
    let rung = async { while rings_from_afar(&b).await == 0 {} };
    timeout(PATIENCE, rung).await.expect("it does not ring");
    // One's own does not come back from afar: it would be looked for twice.
    assert_eq!(rings_from_afar(&a).await, 0);
}

async fn rings_from_afar(program: &Program) -> u64 {
    let metrics = Client::new().get(format!("{}/metrics", program.base)).send().await.unwrap().text().await.unwrap();
    metrics.lines().find_map(|line| line.strip_prefix("orderwire_rings_from_afar_total ")).map_or(0, |count| count.parse().unwrap())
}

/// Killed, restarted, its listeners thrown out: events come all the same, each once and in order.
#[tokio::test]
async fn redis_away_costs_delay_and_nothing_else() {
    let mut place = Place::new().await;
    let (a, b) = (place.start(), place.start());
    let ada = a.person("ada").await;
    let mut stream = ada.at(&b.base).open().await;
    until_ready_says(&a, "carries the notifier").await;
    a.notify("ada", "carried").await;
    place.redis.kill();
    until_ready_says(&a, "away").await;
    a.notify("ada", "not carried").await;
    assert_eq!([title(&mut stream).await, title(&mut stream).await], ["carried", "not carried"]);
    place.redis.restart().await;
    for program in [&a, &b] {
        until_ready_says(program, "carries the notifier").await;
    }
    place.redis.say(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    a.notify("ada", "thrown out").await;
    assert_eq!(title(&mut stream).await, "thrown out");
    for program in [&a, &b] {
        until_ready_says(program, "carries the notifier").await;
    }
}

/// The connection is up, the other end says nothing.
#[tokio::test]
async fn a_connection_that_is_up_but_silent_is_found_out() {
    let place = Place::new().await;
    let program = place.start();
    until_ready_says(&program, "carries the notifier").await;
    place.redis.signal("STOP");
    until_ready_says(&program, "away").await;
    place.redis.signal("CONT");
    until_ready_says(&program, "carries the notifier").await;
}

/// Commands are answered, but nothing would ever be heard.
#[tokio::test]
async fn a_redis_that_does_not_let_it_listen_is_found_out() {
    let place = Place::new().await;
    place.redis.say(&["ACL", "SETUSER", "deaf", "on", ">secret", "~*", "resetchannels", "+@all"]).await;
    let deaf = Program::start_on(&place.database.url(), &["--redis-url", &place.redis.url().replace("redis://", "redis://deaf:secret@")]);
    until_ready_says(&deaf, "redis: away (").await;
    until_ready_says(&deaf, "no permissions").await;
    place.redis.say(&["ACL", "SETUSER", "deaf", "allchannels"]).await;
    until_ready_says(&deaf, "carries the notifier").await;
}

#[tokio::test]
async fn entries_of_push_events_are_told_once_whoever_reads_them() {
    let place = Place::new().await;
    // What was put there before anybody read is told too.
    place.notify("before").await;
    let (a, b) = (place.start(), place.start());
    let ada = a.person("ada").await;
    let mut stream = ada.resume(None).await;
    for number in 0..50 {
        place.notify(&number.to_string()).await;
    }
    place.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
    b.notify("ada", "last").await;
    let mut told = Vec::new();
    while told.last() != Some(&json!("last")) {
        told.push(title(&mut stream).await);
    }
    // It may have been told before the stream opened.
    told.retain(|title| title != "before");
    told.sort_by_key(|title| title.as_str().unwrap().parse::<usize>().unwrap_or(usize::MAX));
    let meant: Vec<_> = (0..50).map(|number| json!(number.to_string())).chain([json!("last")]).collect();
    assert_eq!(told, meant);
    let notifications = ada.snapshot().await["unread"].clone();
    assert_eq!(notifications, 52);
    let pending = place.redis.say(&["XPENDING", "push.events", "orderwire"]).await;
    assert!(matches!(&pending, Answer::Array(parts) if parts[0] == Answer::Int(0)), "{pending:?}");
}

/// A key makes a retry safe, on either way in.
#[tokio::test]
async fn the_same_key_is_one_event_by_whichever_way_it_comes() {
    let place = Place::new().await;
    let program = place.start();
    let ada = program.person("ada").await;
    let mut stream = ada.open().await;
    let data = r#"{"sun":true}"#;
    for _ in 0..3 {
        place.add(&["userId", "ada", "event", "weather", "data", data, "key", "k"]).await;
    }
    let first = stream.logged().await;
    let (_, answer) = program.push(json!({ "user": "ada", "event": "weather", "data": { "sun": true }, "key": "k" })).await;
    assert_eq!(answer["id"], first.id);
    place.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
    program.notify("ada", "next").await;
    assert_eq!(title(&mut stream).await, "next");
}

#[tokio::test]
async fn what_cannot_be_told_is_rejected_with_the_reason_and_keeps_nothing_back() {
    let place = Place::new().await;
    let program = place.start();
    let mut stream = program.person("ada").await.open().await;
    let bad: [&[&str]; 6] = [
        &["userId", "nobody", "event", "weather", "data", "{}"],
        &["userId", "ada", "event", "weather", "data", "{"],
        &["userId", "ada", "event", "resync", "data", "{}"],
        &["event", "weather", "data", "{}"],
        &["userId", "ada", "event", "weather", "data", "{}", "key", ""],
        &["userId", "ada", "event", "weather", "data", &format!("{:?}", "x".repeat(17_000))],
    ];
    let mut ids = Vec::new();
    for fields in bad {
        ids.push(place.add(fields).await);
    }
    place.notify("good").await;
    assert_eq!(title(&mut stream).await, "good");
    place.until(&["XLEN", "push.events.rejected"], |answer| *answer == Answer::Int(6)).await;
    let rejected: Vec<(String, Vec<(String, String)>)> =
        redis::from_redis_value(place.redis.say(&["XRANGE", "push.events.rejected", "-", "+"]).await).unwrap();
    let reasons = ["no user", "no JSON", "nobody can push it", "userId is missing", "key has", "larger than"];
    for (((_, fields), id), reason) in rejected.iter().zip(&ids).zip(reasons) {
        assert!(fields[0].0 == "reason" && fields[0].1.contains(reason), "{fields:?}");
        assert_eq!(fields[1], ("entry".into(), id.clone()));
    }
    // As it was put there.
    assert_eq!(rejected[0].1[2], ("userId".into(), "nobody".into()));
}

/// Read, and never acknowledged: another takes it over.
#[tokio::test]
async fn what_a_dead_instance_had_read_is_told_by_another() {
    let place = Place::new().await;
    place.redis.say(&["XGROUP", "CREATE", "push.events", "orderwire", "0", "MKSTREAM"]).await;
    place.notify("left").await;
    place.redis.say(&["XREADGROUP", "GROUP", "orderwire", "dead", "STREAMS", "push.events", ">"]).await;
    let program = place.start();
    let mut stream = program.person("ada").await.open().await;
    assert_eq!(title(&mut stream).await, "left");
    place.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
}

/// The database is away: entries wait, and each is told once when it is back.
#[tokio::test]
async fn entries_wait_for_the_database() {
    let mut place = Place::new().await;
    let program = place.start();
    let ada = program.person("ada").await;
    let mut stream = ada.open().await;
    place.notify("first").await;
    assert_eq!(title(&mut stream).await, "first");
    place.database.kill();
    place.notify("second").await;
    place
        .until(&["XPENDING", "push.events", "orderwire"], |answer| matches!(answer, Answer::Array(parts) if parts[0] == Answer::Int(1)))
        .await;
    place.database.restart().await;
    assert_eq!(title(&mut stream).await, "second");
    place.until(&["XLEN", "push.events"], |answer| *answer == Answer::Int(0)).await;
    assert_eq!(ada.snapshot().await["unread"], 2);
}

/// A Redis that lost everything is one that has just begun.
#[tokio::test]
async fn a_redis_that_forgot_the_group_is_told_again() {
    let place = Place::new().await;
    let program = place.start();
    let mut stream = program.person("ada").await.open().await;
    place.notify("before").await;
    assert_eq!(title(&mut stream).await, "before");
    place.redis.say(&["FLUSHALL"]).await;
    place.notify("after").await;
    assert_eq!(title(&mut stream).await, "after");
}
