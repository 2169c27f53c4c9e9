//! One event stream: a cursor in the log. *Read past the cursor, send, wait until there is more*: live delivery, resume after a broken
//! connection, and catching up after a slow spell are the same loop.
//!
//! Promises: the sequence only grows; nothing of the subscriber's is left out and nothing repeated; a cursor that cannot be served gets one
//! `resync`; a reader that does not keep up costs its cursor, not memory, because nothing is read before the last piece was taken.

mod state;

use super::{
    EventId, EventLog, Session, Sink, Subscriber,
    hub::{AdmissionError, Connection, ConnectionRequest, Hub},
    wire,
};
use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use futures_util::stream::unfold;
use state::State;
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio_stream::Stream;
use uuid::Uuid;

/// The headers of the response. No proxy may keep it, change it (compress it, say) or hold it back.
pub const STREAM_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, no-transform")),
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
];

/// Who opens a stream, and from where.
#[derive(Clone, Debug)]
pub struct StreamRequest<S> {
    /// The stream's own id.
    pub client: Uuid,
    pub subscriber: Subscriber,
    pub session: S,
    /// What reads the stream, a browser say. Only shown to those who look at who is connected.
    pub label: Arc<str>,
    /// When it is opened, in whatever form. Only shown likewise.
    pub opened_at: String,
    /// The data of the first event, `connected`: one line of JSON.
    pub connected: String,
    /// The cursor to resume from, as the reader wrote it; `None` opens at the head.
    pub after: Option<String>,
    /// How long the reader is to wait before it opens a stream again (the standard's reconnection time).
    pub retry: Duration,
    /// The interval of keep-alives.
    pub keep_alive: Duration,
}

/// Why a stream was not opened. `L` and `S` are the errors of the log and of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError<L, S> {
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    #[error("the log cannot be read: {0}")]
    Log(L),
    #[error("the session cannot be checked: {0}")]
    Session(S),
    #[error("the session has ended")]
    SessionEnded,
}

/// An open event stream: a [`Stream`] of pieces of `text/event-stream`, each one whole event or more. Dropped, it leaves the hub.
pub struct EventStream {
    connection: Arc<Connection>,
    pieces: Pin<Box<dyn Stream<Item = Bytes> + Send>>,
    held: Option<Box<dyn Send>>,
}

impl EventStream {
    /// Opens a stream.
    pub async fn open<L: EventLog, S: Session>(
        hub: &Hub,
        log: L,
        request: StreamRequest<S>,
    ) -> Result<Self, OpenError<L::Error, S::Error>> {
        let StreamRequest { client, subscriber, session, label, opened_at, connected, after, retry, keep_alive } = request;
        let (handle, expires) = (session.handle(), session.expires());
        // First of all: from here on the replay buffer misses nothing, and the session's end closes the stream.
        let subscription = hub.subscribe(ConnectionRequest { client, subscriber, session: handle, expires, label, opened_at })?;
        // The log itself decides, not this instance's tail: a page may have been rendered from events that the tail has not seen yet.
        let bounds = log.bounds().await.map_err(OpenError::Log)?;
        let (start, reason) = bounds.locate(after.as_deref());
        subscription.advance(&start);
        if !session.is_valid().await.map_err(OpenError::Session)? {
            return Err(OpenError::SessionEnded);
        }
        let metrics = hub.metrics().clone();
        let mut ready = VecDeque::new();
        match reason {
            None => ready.push_back(wire::connected(&start, retry, &connected)),
            Some(reason) => {
                metrics.resync(reason);
                ready.extend([wire::connected(&EventId::nowhere(), retry, &connected), wire::resync(&start, reason)]);
            }
        }
        metrics.opened();
        let connection = subscription.connection.clone();
        let state = Box::new(State::new(subscription, log, session, ready, keep_alive, metrics));
        let pieces = Box::pin(unfold(state, |mut state| async move { Some((state.next().await?, state)) }));
        Ok(Self { connection, pieces, held: None })
    }

    /// Lets the hub write to the sink while the stream waits; [`Sink`] says how its owner then writes.
    pub fn attach(&self, sink: Arc<dyn Sink>) {
        self.connection.attach(sink);
    }

    /// Holds `held` until the stream is dropped.
    pub fn hold(&mut self, held: impl Send + 'static) {
        self.held = Some(Box::new(held));
    }
}

impl Stream for EventStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.pieces.as_mut().poll_next(context)
    }
}
