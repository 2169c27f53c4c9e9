//! One event stream: a cursor in the log. *Read past the cursor, send, wait until there is more*: live delivery, resume after a broken
//! connection, and catching up after a slow spell are the same loop.
//!
//! Promises: the sequence only grows; nothing of the subscriber's is left out and nothing repeated; a cursor that cannot be served gets one
//! `resync`; a reader that does not keep up costs its cursor, not memory, because nothing is read before the last piece was taken.

use super::{
    EventId, EventLog, LogEvent, Metrics, Page, ResyncReason, Session, Source, Subscriber,
    hub::{AdmissionError, CloseReason, ConnectionRequest, Hub, Recent, Subscription, TailPosition, Wake},
    wire,
};
use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use futures_util::stream::unfold;
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_stream::Stream;
use uuid::Uuid;

/// The headers of the response. No proxy may keep it, change it (compress it, say) or hold it back.
pub const STREAM_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, no-transform")),
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
];

/// How long a stream waits before it reads a log again that could not be read, or that had nothing for it and was not in memory either.
const LOG_RETRY: Duration = Duration::from_secs(1);

/// Who opens a stream, and from where.
#[derive(Clone, Debug)]
pub struct StreamRequest<S> {
    /// The stream's own id.
    pub client: Uuid,
    pub subscriber: Subscriber,
    pub session: S,
    /// What reads the stream, a browser say. Only shown to those who look at who is connected.
    pub label: String,
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
pub struct EventStream(Pin<Box<dyn Stream<Item = Bytes> + Send>>);

impl EventStream {
    /// Opens a stream.
    pub async fn open<L: EventLog, S: Session>(
        hub: &Hub,
        log: L,
        request: StreamRequest<S>,
    ) -> Result<Self, OpenError<L::Error, S::Error>> {
        let StreamRequest { client, subscriber, session, label, opened_at, connected, after, retry, keep_alive } = request;
        // First of all: from here on the replay buffer misses nothing, and the session's end closes the stream.
        let subscription =
            hub.subscribe(ConnectionRequest { client, subscriber, session: session.handle().to_owned(), label, opened_at })?;
        // The log itself decides, not this instance's tail: a page may have been rendered from events that the tail has not seen yet.
        let bounds = log.bounds().await.map_err(OpenError::Log)?;
        let (start, reason) = bounds.locate(after.as_deref());
        subscription.cursor.advance(&subscription.cursor.position(), start.clone());
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
        let ping_at = Instant::now() + keep_alive;
        let timer = Box::pin(sleep_until(session.expires().map_or(ping_at, |expires| expires.min(ping_at))));
        metrics.opened();
        let state = State { subscription, log, session, ready, end: None, keep_alive, ping_at, ping_due: false, timer, metrics };
        let state = Box::new(state);
        Ok(Self(Box::pin(unfold(state, |mut state| async move { Some((state.next().await?, state)) }))))
    }
}

impl Stream for EventStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.as_mut().poll_next(context)
    }
}

/// An open stream. Its cursor is the subscription's.
struct State<L, S> {
    subscription: Subscription,
    log: L,
    session: S,
    /// What is to be sent next.
    ready: VecDeque<Bytes>,
    /// Why nothing follows what is ready.
    end: Option<CloseReason>,
    keep_alive: Duration,
    /// A ping is sent once a keep-alive, events or not: a page hears only the types that it listens to.
    ping_at: Instant,
    ping_due: bool,
    /// Fires when the next ping is due, when the session expires, or when the log is to be read again.
    timer: Pin<Box<Sleep>>,
    metrics: Arc<dyn Metrics>,
}

impl<L, S> Drop for State<L, S> {
    fn drop(&mut self) {
        self.metrics.ended(self.end);
    }
}

impl<L: EventLog, S: Session> State<L, S> {
    /// The next piece to send; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Before all else: a session that has ended is shown nothing more, however much is ready for it.
            if self.end.is_none()
                && let Some(reason) = self.closed()
            {
                self.close(reason);
            }
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if self.end.is_some() {
                return None;
            }
            self.subscription.clear_wakes();
            let progress = match self.subscription.cursor.take_recent(&mut self.ready) {
                Recent::Events(count) => {
                    self.metrics.sent(count, Source::Memory);
                    continue;
                }
                Recent::CaughtUp => None,
                Recent::NotInMemory => Some(self.read_log().await),
                Recent::Restarted(start) => Some(self.rejoin(start).await),
            };
            if progress == Some(true) {
                continue;
            }
            if std::mem::take(&mut self.ping_due) {
                self.ready.push_back(wire::ping(&self.subscription.cursor.position()));
                continue;
            }
            if progress == Some(false) {
                self.set_timer(self.ping_at.min(Instant::now() + LOG_RETRY));
            }
            self.wait().await;
        }
    }

    fn closed(&mut self) -> Option<CloseReason> {
        let expired = self.session.expires().is_some_and(|expires| Instant::now() >= expires);
        if expired { Some(CloseReason::SessionEnded) } else { self.subscription.try_closed() }
    }

    fn close(&mut self, reason: CloseReason) {
        self.end = Some(reason);
        self.ready.clear();
        self.ready.extend(match reason {
            CloseReason::SessionEnded => Some(wire::session_ended()),
            CloseReason::Stopping(after) => Some(wire::retry(after)),
            CloseReason::Requested => None,
        });
    }

    /// Reads the next page from the log, for a cursor that the memory does not reach. Returns whether that led on; if not, the log could
    /// not be read, or has nothing for this cursor (the tail has not seen yet what it stands at).
    async fn read_log(&mut self) -> bool {
        let Some((from, page)) = self.read_page().await else { return self.end.is_some() };
        self.take_page(&from, page)
    }

    /// The tail has started anew, at `start`. The session's end and events for this stream may lie in what it passed over, and the log may
    /// have begun a new epoch: checks the one and, against the log itself, the other. Returns whether both could be done.
    async fn rejoin(&mut self, start: Arc<TailPosition>) -> bool {
        let valid = tokio::select! {
            biased;
            reason = self.subscription.closed() => {
                self.close(reason);
                return true;
            }
            // In boxes, here and below: an idle stream has no room for what it seldom does.
            valid = Box::pin(self.session.is_valid()) => valid,
        };
        match valid {
            Ok(true) => {}
            Ok(false) => {
                self.close(CloseReason::SessionEnded);
                return true;
            }
            Err(error) => {
                tracing::debug!(%error, "a session cannot be checked; its stream waits");
                return false;
            }
        }
        let Some((from, page)) = self.read_page().await else { return self.end.is_some() };
        self.take_page(&from, page);
        self.subscription.cursor.note(start);
        true
    }

    /// The page past the cursor, and the cursor that it was read for. `None` where the stream has been closed meanwhile, or the log cannot be
    /// read; the tail logs that.
    async fn read_page(&mut self) -> Option<(EventId, Page)> {
        let from = self.subscription.cursor.position();
        let subscriber = self.subscription.cursor.buffer.subscriber.clone();
        tokio::select! {
            biased;
            reason = self.subscription.closed() => {
                self.close(reason);
                None
            }
            page = Box::pin(self.log.after(from.sequence, Some(&subscriber))) => page.ok().map(|page| (from, page)),
        }
    }

    /// Delivers a page that was read past `from`, or a `resync` where `from` cannot be served. Returns whether the cursor has moved.
    fn take_page(&mut self, from: &EventId, page: Page) -> bool {
        if let Err(reason) = page.bounds.check(from) {
            let head = page.bounds.end();
            if self.subscription.cursor.advance(from, head.clone()) {
                self.resync(&head, reason);
            }
            return true;
        }
        if page.through <= from.sequence {
            return false;
        }
        if self.subscription.cursor.advance(from, page.end()) {
            self.metrics.sent(page.events.len(), Source::Log);
            let encoded = |event: &LogEvent| wire::event(&page.bounds.id(event.sequence), &event.kind, &event.data).bytes;
            self.ready.extend(page.events.iter().map(encoded));
        }
        true
    }

    fn resync(&mut self, head: &EventId, reason: ResyncReason) {
        self.metrics.resync(reason);
        self.ready.push_back(wire::resync(head, reason));
    }

    async fn wait(&mut self) {
        tokio::select! {
            biased;
            wake = self.subscription.wait() => match wake {
                Wake::Close(reason) => self.close(reason),
                Wake::Events => {}
                Wake::Ephemeral(event) => self.ready.push_back(event),
            },
            // One more look before the ping: its id says that the reader has been read up to there.
            () = &mut self.timer => {
                let now = Instant::now();
                if now >= self.ping_at {
                    self.ping_due = true;
                    self.ping_at = now + self.keep_alive;
                }
                self.set_timer(self.ping_at);
            }
        }
    }

    /// Sets the timer to fire at `at`, or when the session expires if that is sooner.
    fn set_timer(&mut self, at: Instant) {
        self.timer.as_mut().reset(self.session.expires().map_or(at, |expires| expires.min(at)));
    }
}
