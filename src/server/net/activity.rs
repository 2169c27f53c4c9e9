//! What a connection is doing: waiting for a request, receiving a head, or answering. Its deadline follows from that.
//!
//! Promise: a connection without a request under way has a deadline, and no byte but a request's postpones it.

use super::{deadlines::Deadlines, response_body::Watched};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The version of HTTP that a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Http1,
    Http2,
}

/// What a connection is doing. Shared by the connection, its requests, and its watch.
pub struct Activity {
    version: Version,
    deadlines: Deadlines,
    state: Mutex<State>,
    /// The deadline may be another by now.
    pub changed: Notify,
}

struct State {
    /// Requests whose response has not ended.
    under_way: usize,
    /// There has been a request.
    has_asked: bool,
    /// Since when no request is under way.
    quiet_since: Instant,
    /// When the first byte of the next head came (HTTP/1.1).
    head_since: Option<Instant>,
    /// The response bodies of an HTTP/2 connection.
    bodies: Vec<Weak<Watched>>,
}

impl Activity {
    pub fn new(version: Version, deadlines: Deadlines) -> Arc<Self> {
        let state = State { under_way: 0, has_asked: false, quiet_since: Instant::now(), head_since: None, bodies: Vec::new() };
        Arc::new(Self { version, deadlines, state: Mutex::new(state), changed: Notify::new() })
    }

    /// A request's head has come. It is under way until the result is dropped.
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        let mut state = self.lock();
        state.under_way += 1;
        state.has_asked = true;
        state.head_since = None;
        drop(state);
        self.changed.notify_one();
        UnderWay(self.clone())
    }

    /// Bytes have come. On HTTP/2 they may be a PING's, and say nothing.
    pub fn received(&self) {
        if self.version == Version::Http2 {
            return;
        }
        let mut state = self.lock();
        if state.under_way == 0 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
            drop(state);
            self.changed.notify_one();
        }
    }

    /// When the connection is to be closed; `None` while a request is under way.
    pub fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        let (since, deadline) = match (state.under_way, state.head_since) {
            (0, Some(since)) => (since, self.deadlines.head),
            (0, None) if state.has_asked => (state.quiet_since, self.deadlines.idle),
            (0, None) if self.version == Version::Http2 => (state.quiet_since, self.deadlines.head),
            (0, None) => (state.quiet_since, self.deadlines.first_byte),
            _ => return None,
        };
        Some(since + deadline)
    }

    /// Watches the body of a response on HTTP/2; HTTP/1.1 has one response at a time, and TCP's timeout for it.
    pub fn watch(&self, body: &Arc<Watched>) {
        if self.version == Version::Http2 {
            self.lock().bodies.push(Arc::downgrade(body));
            self.changed.notify_one();
        }
    }

    /// Ends the responses whose last piece has waited for that long. Returns whether there are responses left to watch.
    pub fn end_stalled(&self, stalled: Duration) -> bool {
        // Not under the lock: a body that ends takes it.
        let bodies: Vec<_> = {
            let mut state = self.lock();
            state.bodies.retain(|body| body.strong_count() > 0);
            state.bodies.iter().filter_map(Weak::upgrade).collect()
        };
        for body in &bodies {
            body.end_if_stalled(stalled);
        }
        !bodies.is_empty()
    }

    /// Whether there are responses to watch.
    pub fn is_watching(&self) -> bool {
        !self.lock().bodies.is_empty()
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way.
pub struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.under_way -= 1;
        if state.under_way == 0 {
            state.quiet_since = Instant::now();
            drop(state);
            self.0.changed.notify_one();
        }
    }
}
