//! The peer that a tutorial would build: axum's `Sse` over a tokio broadcast channel, one a user. It has no log and no session, and a stream
//! that falls behind by more than the channel holds misses events without a word.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::HashMap,
    convert::Infallible,
    error::Error,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::broadcast::{Sender, channel};
use tokio_stream::{Stream, StreamExt, wrappers::BroadcastStream};

/// Events that a channel holds for a stream that falls behind.
const CAPACITY: usize = 1_024;

const KEEP_ALIVE: Duration = Duration::from_secs(30);

#[derive(Clone, Default)]
struct Channels {
    of_user: Arc<Mutex<HashMap<String, Sender<Message>>>>,
    events: Arc<AtomicU64>,
}

#[derive(Clone)]
struct Message {
    id: u64,
    event: String,
    data: String,
}

#[derive(Deserialize)]
struct Reader {
    user: String,
}

#[derive(Deserialize)]
struct Push {
    user: String,
    event: String,
    data: Value,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).ok_or("usage: axum-sse PORT")?;
    let router = Router::new().route("/events", get(events)).route("/api/push", post(push)).with_state(Channels::default());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

impl Channels {
    fn of(&self, user: String) -> Sender<Message> {
        self.of_user.lock().unwrap_or_else(PoisonError::into_inner).entry(user).or_insert_with(|| channel(CAPACITY).0).clone()
    }
}

async fn events(State(channels): State<Channels>, Query(reader): Query<Reader>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let messages = BroadcastStream::new(channels.of(reader.user).subscribe());
    let events = messages.filter_map(|message| {
        let Message { id, event, data } = message.ok()?;
        Some(Ok(Event::default().id(id.to_string()).event(event).data(data)))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

async fn push(State(channels): State<Channels>, Json(push): Json<Push>) -> StatusCode {
    let id = channels.events.fetch_add(1, Ordering::Relaxed) + 1;
    // Fails where nobody reads.
    let _ = channels.of(push.user).send(Message { id, event: push.event, data: push.data.to_string() });
    StatusCode::ACCEPTED
}
