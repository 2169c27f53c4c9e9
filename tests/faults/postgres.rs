//! Faults of a PostgreSQL, and of the network before it. Its files cannot be made to fail by order without ending the server itself, but their
//! disk can be full.

use crate::{
    common::{FaultProxy, LineFault, PATIENCE, Program, Service, data},
    disk::SmallDisk,
    window::{Effect, Fault, Window},
};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};
use std::{
    collections::BTreeSet,
    process::Command,
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

const LASTS: Duration = Duration::from_secs(6);

fn window<'a>(fault: &'static str, how: &'static str, effect: Effect, program: &'a Program) -> Window<'a> {
    Window { fault, database: "PostgreSQL", how, effect, program, lasts: LASTS }
}

/// Holds the lock of the log's row.
struct Lock(PgConnection);

impl Fault for Lock {
    async fn begin(&mut self) {
        self.0.execute("BEGIN; SELECT head FROM log FOR UPDATE").await.unwrap();
    }

    async fn end(&mut self) {
        self.0.execute("COMMIT").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lock_timeout() {
    let service = Service::postgres().await;
    let program = Program::start_on(&service.url(), &[]);
    let lock = Lock(PgConnection::connect(&service.url()).await.unwrap());
    window("lock timeout", "another session holds the log's row", Effect::NoWrites, &program).open(lock).await;
}

/// Its tables are on a small disk; what it logs of them is not: PostgreSQL ends itself where that cannot be written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full() {
    let folder = tempfile::tempdir().unwrap();
    // Root's PostgreSQL runs as the user of that name.
    let owner = Command::new("id").args(["-u", "postgres"]).output().unwrap();
    let options = format!(",uid={}", String::from_utf8(owner.stdout).unwrap().trim());
    let Some(disk) = SmallDisk::mount(folder.path(), 24, &options) else {
        println!("passed over: full on PostgreSQL; a small disk can be mounted by root alone");
        return;
    };
    let service = Service::postgres().await;
    let url = service.url();
    let mut maintenance = PgConnection::connect(&format!("{}/postgres", url.trim_end_matches("/orderwire"))).await.unwrap();
    maintenance.execute(format!("CREATE TABLESPACE small LOCATION '{}'", folder.path().display()).as_str()).await.unwrap();
    maintenance.execute("ALTER DATABASE orderwire SET TABLESPACE small").await.unwrap();
    let program = Program::start_on(&url, &[]);
    window("full", "the disk has no room left", Effect::NoWrites, &program).open(&disk).await;
    drop(program);
    drop(service);
}

/// Lets the connections to the database fail.
struct Line(FaultProxy, LineFault);

impl Fault for Line {
    async fn begin(&mut self) {
        self.0.set(self.1);
    }

    async fn end(&mut self) {
        self.0.set(LineFault::None);
    }
}

/// A program whose connections to the database lead through a proxy.
async fn behind_a_proxy(service: &Service, flags: &[&str]) -> (FaultProxy, Program) {
    let proxy = FaultProxy::start(service.port).await;
    let database = service.url().replace(&service.port.to_string(), &proxy.port.to_string());
    let program = Program::start_on(&database, flags);
    (proxy, program)
}

async fn through_a_proxy(fault: &'static str, how: &'static str, line: LineFault, effect: Effect) {
    let service = Service::postgres().await;
    let (proxy, program) = behind_a_proxy(&service, &[]).await;
    window(fault, how, effect, &program).open(Line(proxy, line)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_reset() {
    through_a_proxy("connection reset", "open connections are reset, and so is each new one", LineFault::Reset, Effect::Nothing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_silent() {
    through_a_proxy("connection silent", "open connections and new ones bear nothing", LineFault::Silent, Effect::Nothing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_connections_silent() {
    through_a_proxy("connection silent", "open connections bear nothing, new ones work", LineFault::OpenSilent, Effect::Some).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow() {
    let line = LineFault::Slow(Duration::from_millis(40));
    through_a_proxy("slow", "each piece takes 40 ms more, in each direction", line, Effect::Some).await;
}

/// The end of the program is bounded, whatever the database does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_database_does_not_keep_the_program_from_stopping() {
    let service = Service::postgres().await;
    let (proxy, mut program) = behind_a_proxy(&service, &[]).await;
    let mut stream = program.user("ada").await.open().await;
    proxy.set(LineFault::Silent);
    // Something that waits for the database.
    let waiting = tokio::spawn(reqwest::get(format!("{}/readyz", program.base)));
    program.signal("TERM");
    let began = Instant::now();
    while stream.next_or_end().await.is_some() {}
    let ended = timeout(PATIENCE, program.ended()).await.expect("it does not end");
    println!("gone after {} ms", began.elapsed().as_millis());
    assert!(ended.success() && began.elapsed() < Duration::from_secs(10), "{ended:?} after {:?}", began.elapsed());
    let _ = waiting.await;
}

/// What Redis brings while the database fails is appended afterwards, once; none of it is taken for invalid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_brings_while_the_database_fails_is_appended_and_not_rejected() {
    const ENTRIES: usize = 40;
    let (service, redis) = tokio::join!(Service::postgres(), Service::redis());
    let (proxy, program) = behind_a_proxy(&service, &["--redis-url", &redis.url()]).await;
    let mut stream = program.user("ada").await.open().await;
    let mut lock = PgConnection::connect(&service.url()).await.unwrap();
    lock.execute("BEGIN; SELECT head FROM log FOR UPDATE").await.unwrap();
    for place in 0..ENTRIES {
        let data = json!({ "place": place }).to_string();
        redis.command(&["XADD", "push.events", "*", "userId", "ada", "event", "weather", "data", &data]).await;
        // One after the other, so that they are read in several batches; the connections fail in the middle.
        sleep(Duration::from_millis(100)).await;
        match place {
            20 => proxy.set(LineFault::Reset),
            30 => proxy.set(LineFault::None),
            _ => {}
        }
    }
    let refused = program.push(json!({ "user": "ada", "event": "weather", "data": {} })).await;
    assert_eq!(refused.0, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.1);
    lock.execute("COMMIT").await.unwrap();
    let mut places = BTreeSet::new();
    while places.len() < ENTRIES {
        let event = stream.next_logged().await;
        assert!(places.insert(data(&event)["place"].as_i64().unwrap()), "twice: {event:?}");
    }
    assert_eq!(redis.command(&["XLEN", "push.events.rejected"]).await, redis::Value::Int(0));
}
