//! Independent clients read the same events of one user, across a crash: each receives exactly what was committed for that user, in order,
//! and resumes by its own means. Those that are programs are in `tests/clients/`; `tools/setup clients` installs what they need.

mod common;

use common::{PATIENCE, Program, TestUser};
use eventsource_client::{Client as _, ClientBuilder, SSE};
use futures::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use serde::Deserialize;
use serde_json::json;
use sqlx::{Row, SqlitePool};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

/// The programs: name, interpreter, script.
const PROGRAMS: [(&str, &str, &str); 5] = [
    ("Chromium's EventSource", "node", "chromium.mjs"),
    ("npm's eventsource", "node", "eventsource.mjs"),
    ("npm's eventsource-parser", "node", "eventsource-parser.mjs"),
    ("PyPI's httpx-sse", ".tools/clients/bin/python", "httpx-sse.py"),
    ("curl", "bash", "curl.sh"),
];

/// An event type that Orderwire does not know.
const UNKNOWN: &str = "weather.changed";

/// The event types that a client listens to.
const TYPES: [&str; 7] = ["connected", "ping", "resync", "session.ended", "order.updated", "notification", UNKNOWN];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_client_reads_exactly_what_was_committed_and_resumes_by_its_own_means() {
    let mut program = Program::start(&["--keep-alive", "200ms", "--retry", "1s"]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let start = ada.snapshot().await["cursor"].as_str().unwrap().to_owned();
    // Replayed to all of them.
    write_events(&program, &ada, &ops).await;
    let mut clients: Vec<_> = PROGRAMS.iter().map(|program| Client::program(*program, &ada, &start)).collect();
    clients.push(Client::eventsource_stream(ada.clone(), start.clone()));
    clients.push(Client::eventsource_client(&ada, &start));
    let replayed = committed(&program).await;
    all_read(&mut clients, &replayed).await;

    // Live.
    write_events(&program, &ada, &ops).await;
    let live = committed(&program).await.split_off(replayed.len());
    all_read(&mut clients, &live).await;

    // Missed by those that reconnect only when they are asked to; the others reconnect by themselves.
    program.crash_and_restart();
    write_events(&program, &ada, &ops).await;
    let missed = committed(&program).await.split_off(replayed.len() + live.len());
    assert!(missed.len() > 60, "{} events", missed.len());
    for client in &clients {
        client.again.send(()).unwrap_or_else(|_| panic!("{} has ended", client.name));
    }
    all_read(&mut clients, &missed).await;

    program.kill();
    for client in clients {
        client.end().await;
    }
}

/// Events of each type, many of some, and text that is hard to encode.
async fn write_events(program: &Program, ada: &TestUser, ops: &TestUser) {
    let order = ada.place_order().await;
    for _ in 0..3 {
        ops.call_ok("advance_order", json!({ "order_id": order["orderId"] })).await;
        // Not for ada.
        program.notify("grace", "not for ada").await;
    }
    for text in [
        "line\nends\r\n\rid: 9\n\nevent: forged\n\n",
        r#"a "quote", a \ and a '"#,
        "ünïcödé 🦀 \u{2028}\u{2029}\u{85}\u{feff}\u{b}",
        ": , data: ",
    ] {
        ops.call_ok("broadcast", json!({ "title": text, "message": text })).await;
        push(program, json!({ "text": text, text: 1 })).await;
    }
    push(program, json!("ä".repeat(8 * 1024 - 1))).await;
    for index in 0..50 {
        program.notify("ada", &index.to_string()).await;
    }
}

async fn push(program: &Program, data: serde_json::Value) {
    let (status, answer) = program.push(json!({ "user": "ada", "event": UNKNOWN, "data": data })).await;
    assert_eq!(status, 202, "{answer}");
}

/// The events of the log for ada.
async fn committed(program: &Program) -> Vec<Seen> {
    let database = SqlitePool::connect(&program.database()).await.unwrap();
    let rows = sqlx::query("SELECT epoch || '-' || sequence, type, data FROM events, log WHERE audience IN ('ada', '*') ORDER BY sequence");
    let rows = rows.fetch_all(&database).await.unwrap();
    database.close().await;
    rows.iter().map(|row| Seen { id: row.get(0), kind: row.get(1), data: row.get(2) }).collect()
}

/// Each client receives these, and then nothing but a ping.
async fn all_read(clients: &mut [Client], wanted: &[Seen]) {
    for client in clients {
        for want in wanted {
            let mut seen = client.next().await;
            while ["connected", "ping"].contains(&seen.kind.as_str()) {
                seen = client.next().await;
            }
            assert_eq!(&seen, want, "{}", client.name);
        }
        assert_eq!(client.next().await.kind, "ping", "{}", client.name);
    }
}

/// An event as a client has received it.
#[derive(Debug, PartialEq, Deserialize)]
struct Seen {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: String,
}

struct Client {
    name: &'static str,
    seen: UnboundedReceiver<Seen>,
    /// Asks a client that does not reconnect by itself to do so.
    again: UnboundedSender<()>,
    child: Option<Child>,
}

impl Client {
    /// Starts a program. Its standard error is shown.
    fn program((name, runner, script): (&'static str, &str, &str), ada: &TestUser, after: &str) -> Self {
        let mut command = Command::new(runner);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).arg(format!("tests/clients/{script}"));
        command.args([&ada.base, &ada.cookie(), after, &TYPES.join(",")]).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}; run `tools/setup clients`"));
        let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let ((sender, seen), (again, mut asked)) = (unbounded_channel(), unbounded_channel());
        tokio::spawn(async move { while asked.recv().await.is_some() && input.write_all(b"again\n").await.is_ok() {} });
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Some(line) = lines.next_line().await.unwrap() {
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{name} printed {line:?}: {error}"));
                let _ = sender.send(event);
            }
        });
        Self { name, seen, again, child: Some(child) }
    }

    /// The parser of the crate `eventsource-stream`, over reqwest.
    fn eventsource_stream(ada: TestUser, mut last: String) -> Self {
        let ((sender, seen), (again, mut asked)) = (unbounded_channel(), unbounded_channel());
        tokio::spawn(async move {
            loop {
                let mut stream = ada.resume(Some(&last)).await;
                while let Some(event) = stream.next_or_end().await {
                    last.clone_from(&event.id);
                    let _ = sender.send(Seen { id: event.id, kind: event.event, data: event.data });
                }
                if asked.recv().await.is_none() {
                    break;
                }
            }
        });
        Self { name: "eventsource-stream", seen, again, child: None }
    }

    /// The crate `eventsource-client`, which reconnects by itself.
    fn eventsource_client(ada: &TestUser, after: &str) -> Self {
        let ((sender, seen), (again, mut asked)) = (unbounded_channel(), unbounded_channel());
        let builder = ClientBuilder::for_url(&format!("{}/events", ada.base)).unwrap().header("cookie", &ada.cookie()).unwrap();
        let client = builder.last_event_id(after.into()).build_with_transport(HyperTransport::new().unwrap());
        tokio::spawn(async move {
            let mut stream = client.stream();
            loop {
                tokio::select! {
                    // An error is a broken connection.
                    item = stream.next() => if let Some(Ok(SSE::Event(event))) = item {
                        let _ = sender.send(Seen { id: event.id.unwrap_or_default(), kind: event.event_type, data: event.data });
                    },
                    asked = asked.recv() => if asked.is_none() { break },
                }
            }
        });
        Self { name: "eventsource-client", seen, again, child: None }
    }

    async fn next(&mut self) -> Seen {
        let next = timeout(PATIENCE, self.seen.recv()).await;
        next.unwrap_or_else(|_| panic!("{}: nothing came", self.name)).unwrap_or_else(|| panic!("{} has ended", self.name))
    }

    /// A client ends when its channel closes.
    async fn end(self) {
        drop(self.again);
        if let Some(mut child) = self.child {
            let ended = timeout(PATIENCE, child.wait()).await.unwrap_or_else(|_| panic!("{} does not end", self.name)).unwrap();
            assert!(ended.success(), "{}: {ended}", self.name);
        }
    }
}
