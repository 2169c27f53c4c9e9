//! The loop of an event stream: *read past the cursor, send, wait until there is more*.

use super::super::{
    EventId, EventLog, LogEvent, Metrics, Page, ResyncReason, Session, Source,
    hub::{CloseReason, Recent, Subscription, TailPosition, Wake},
    wire,
};
use bytes::{Bytes, BytesMut};
use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a stream waits before it reads a log again that could not be read, or that had nothing for it and was not in memory either.
const LOG_RETRY: Duration = Duration::from_secs(1);

/// The most bytes of several events in one piece.
const PIECE_MAX: usize = 64 * 1024;

/// An open stream. Its cursor is the subscription's.
pub struct State<L, S> {
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
    /// An open stream, which sends first what is `ready`.
    pub fn new(
        subscription: Subscription,
        log: L,
        session: S,
        ready: VecDeque<Bytes>,
        keep_alive: Duration,
        metrics: Arc<dyn Metrics>,
    ) -> Self {
        let ping_at = Instant::now() + keep_alive;
        let timer = Box::pin(sleep_until(session.expires().map_or(ping_at, |expires| expires.min(ping_at))));
        Self { subscription, log, session, ready, end: None, keep_alive, ping_at, ping_due: false, timer, metrics }
    }

    /// The next piece to send; `None` at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Before all else: from here on the hub writes nothing, and a session that has ended is shown nothing more, however much is
            // ready for it.
            let closed = self.subscription.take_turn();
            if self.end.is_none()
                && let Some(reason) = if self.has_expired() { Some(CloseReason::SessionEnded) } else { closed }
            {
                self.close(reason);
            }
            if !self.ready.is_empty() {
                return Some(self.take_ready());
            }
            if self.end.is_some() {
                return None;
            }
            let progress = match self.subscription.take_recent(&mut self.ready) {
                Recent::Events(count) => {
                    self.metrics.sent(count, Source::Memory);
                    continue;
                }
                Recent::CaughtUp => None,
                // In boxes: an idle stream has no room for what it seldom does.
                Recent::NotInMemory => Some(Box::pin(self.read_log()).await),
                Recent::Restarted(start) => Some(Box::pin(self.rejoin(start)).await),
            };
            if progress == Some(true) {
                continue;
            }
            if std::mem::take(&mut self.ping_due) {
                self.ready.push_back(wire::ping(&self.subscription.position()));
                continue;
            }
            if progress == Some(false) {
                self.set_timer(self.ping_at.min(Instant::now() + LOG_RETRY));
            }
            self.wait().await;
        }
    }

    /// What is ready, as one piece where it is not too much for one.
    fn take_ready(&mut self) -> Bytes {
        let mut piece = BytesMut::new();
        while let Some(next) = self.ready.front()
            && (piece.is_empty() || piece.len() + next.len() <= PIECE_MAX)
            && let Some(next) = self.ready.pop_front()
        {
            if piece.is_empty() && self.ready.is_empty() {
                self.ready = VecDeque::new();
                return next;
            }
            piece.extend_from_slice(&next);
        }
        piece.freeze()
    }

    fn has_expired(&self) -> bool {
        self.session.expires().is_some_and(|expires| Instant::now() >= expires)
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
            valid = self.session.is_valid() => valid,
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
        self.subscription.note(start);
        true
    }

    /// The page past the cursor, and the cursor that it was read for. `None` where the stream has been closed meanwhile, or the log cannot be
    /// read; the tail logs that.
    async fn read_page(&mut self) -> Option<(EventId, Page)> {
        let from = self.subscription.position();
        let subscriber = self.subscription.subscriber();
        tokio::select! {
            biased;
            reason = self.subscription.closed() => {
                self.close(reason);
                None
            }
            page = self.log.after(from.sequence, Some(&subscriber)) => page.ok().map(|page| (from, page)),
        }
    }

    /// Delivers a page that was read past `from`, or a `resync` where `from` cannot be served. Returns whether the cursor has moved.
    fn take_page(&mut self, from: &EventId, page: Page) -> bool {
        if let Err(reason) = page.bounds.check(from) {
            let head = page.bounds.end();
            self.subscription.advance(&head);
            self.resync(&head, reason);
            return true;
        }
        if page.through <= from.sequence {
            return false;
        }
        self.subscription.advance(&page.end());
        self.metrics.sent(page.events.len(), Source::Log);
        let encoded = |event: &LogEvent| wire::event(&page.bounds.id(event.sequence), &event.kind, &event.data).bytes;
        self.ready.extend(page.events.iter().map(encoded));
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
