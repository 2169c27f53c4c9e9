//! The smallest program around the streaming core: a log in memory, a route for streams, a route to say something, and a page.
//! It has no accounts: it believes the user name in the URL, as a real program must not.

#[allow(dead_code, unused_imports)] // Not all of the core is used here.
#[path = "../../../src/server/sse/mod.rs"]
mod sse;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use sse::{Audience, Bounds, CommitNotifier, EventLog, EventStream, Hub, Limits, LogEvent, Page, StreamRequest, Subscriber};
use std::{convert::Infallible, env, io, sync::Arc, sync::Mutex, time::Duration};
use tokio_stream::StreamExt;
use uuid::Uuid;

/// The events, from sequence 1 on. The log ends with the process, so each process has an epoch of its own.
#[derive(Clone)]
struct MemoryLog(Arc<Mutex<Vec<LogEvent>>>, String);

impl MemoryLog {
    fn append(&self, audience: Audience, kind: &str, data: String) {
        let mut events = self.0.lock().unwrap();
        let sequence = events.len() as i64 + 1;
        events.push(LogEvent { sequence, audience, kind: kind.into(), data });
    }
}

impl EventLog for MemoryLog {
    type Error = Infallible;

    async fn bounds(&self) -> Result<Bounds, Infallible> {
        Ok(Bounds { epoch: self.1.clone(), head: self.0.lock().unwrap().len() as i64, floor: 0 })
    }

    async fn after(&self, cursor: i64, subscriber: Option<&Subscriber>) -> Result<Page, Infallible> {
        let events = self.0.lock().unwrap();
        let head = events.len() as i64;
        let bounds = Bounds { epoch: self.1.clone(), head, floor: 0 };
        let past = events.iter().skip(cursor.clamp(0, head) as usize);
        let events = past.filter(|event| subscriber.is_none_or(|subscriber| event.audience.includes(subscriber))).cloned().collect();
        Ok(Page { bounds, events, through: head })
    }
}

#[derive(Clone)]
struct App {
    log: MemoryLog,
    commits: CommitNotifier,
    hub: Hub,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let epoch = Uuid::new_v4().simple().to_string();
    let (log, commits) = (MemoryLog(Arc::default(), epoch), CommitNotifier::default());
    let Ok(bounds) = log.bounds().await;
    let hub = Hub::new(&bounds, Limits { per_user: 20, in_all: 10_000 }, ());
    tokio::spawn(sse::tail(log.clone(), hub.clone(), commits.subscribe()));
    let router = Router::new()
        .route("/", get(Html(include_str!("page.html"))))
        .route("/events/{user}", get(events))
        .route("/say/{user}", post(say))
        .with_state(App { log, commits, hub });
    let listener = tokio::net::TcpListener::bind(env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).await
}

async fn events(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let request = StreamRequest {
        client: Uuid::new_v4(),
        subscriber: Subscriber { name, groups: vec![] },
        session: (),
        label: "".into(),
        opened_at: String::new(),
        connected: "{}".into(),
        after: headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()),
        retry: Duration::from_secs(1),
        keep_alive: Duration::from_secs(30),
    };
    match EventStream::open(&app.hub, app.log, request).await {
        Ok(stream) => (sse::STREAM_HEADERS, Body::from_stream(stream.map(Ok::<_, Infallible>))).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

async fn say(State(app): State<App>, Path(user): Path<String>, text: String) -> StatusCode {
    app.log.append(Audience::User(user), "said", text);
    app.commits.notify();
    StatusCode::ACCEPTED
}
