//! A connection: what the hub and one open stream share.
//!
//! Both write to the stream's reader, so they take turns. While the stream waits, all that it had has been taken, and it is the hub's turn:
//! it writes a batch straight to the sink, where there is one. What cannot go that way wakes the stream; from then until it waits again
//! it is the stream's turn, and the hub only says that there is more.
//!
//! Promises: cursor and turn change under one lock, so no event is written twice, none left out, and none overtakes another; a
//! connection that is closed, or whose session has expired, is written nothing by the hub.

use super::{
    super::{Sink, Subscriber, Taken},
    batch::Batch,
    cursor::Cursor,
    replay_buffer::ReplayBuffer,
};
use bytes::Bytes;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::Instant;
use uuid::Uuid;

/// Over how long the readers' return is spread when the program stops. (It is for readers that do not spread it by themselves.)
pub const RETURN_SPREAD: Duration = Duration::from_secs(5);

/// The soonest that a reader is asked to return.
pub const RETURN_MIN: Duration = Duration::from_secs(1);

/// What opens a connection.
#[derive(Clone, Debug)]
pub struct ConnectionRequest {
    /// The stream's own id.
    pub client: Uuid,
    pub subscriber: Subscriber,
    /// The handle of the session (see [`super::super::Session::handle`]).
    pub session: Arc<str>,
    /// When it expires.
    pub expires: Option<Instant>,
    /// What reads the stream, a browser say. Only shown.
    pub label: Arc<str>,
    /// When it was opened, in whatever form. Only shown.
    pub opened_at: String,
}

/// An open stream, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSnapshot {
    pub client: Uuid,
    /// The subscriber's name.
    pub subscriber: String,
    pub label: String,
    pub opened_at: String,
    /// How many of the subscriber's events the stream has not taken yet; `None` where they are too many for memory.
    pub lag: Option<usize>,
}

/// Why a stream ends before its reader leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Its session has ended or expired. The reader gets `session.ended`.
    SessionEnded,
    /// The program stops. The reader is asked to come back after this long.
    Stopping(Duration),
    /// Somebody asked for it. The reader may come back at once.
    Requested,
}

/// What a stream was woken for.
#[derive(Clone, Debug)]
pub enum Wake {
    Close(CloseReason),
    /// There may be events to take.
    Events,
    Ephemeral(Bytes),
}

/// An open stream, as the hub knows it.
pub struct Connection {
    pub client: Uuid,
    pub session: Arc<str>,
    expires: Option<Instant>,
    label: Arc<str>,
    opened_at: String,
    /// Connections are numbered in the order in which they open.
    pub number: u64,
    pub buffer: Arc<ReplayBuffer>,
    /// Locked before the buffer is.
    state: Mutex<State>,
}

pub struct State {
    pub cursor: Cursor,
    /// The stream waits: it is the hub's turn. Never where it has been told to end.
    waits: bool,
    /// There may be events that were not there when the stream took the turn.
    has_news: bool,
    /// The number of the last ephemeral event that it has taken.
    ephemeral: u64,
    close: Option<CloseReason>,
    sink: Option<Arc<dyn Sink>>,
    waker: Option<Waker>,
}

impl Connection {
    pub fn new(request: ConnectionRequest, number: u64, buffer: Arc<ReplayBuffer>, cursor: Cursor) -> Self {
        let ConnectionRequest { client, session, expires, label, opened_at, .. } = request;
        let state = State { cursor, waits: false, has_news: false, ephemeral: 0, close: None, sink: None, waker: None };
        Self { client, session, expires, label, opened_at, number, buffer, state: Mutex::new(state) }
    }

    pub fn subscriber(&self) -> &str {
        &self.buffer.subscriber.name
    }

    /// How many of the subscriber's events lie past the cursor; `None` where they are too many for the replay buffer.
    pub fn lag(&self) -> Option<usize> {
        self.buffer.count_past(&self.lock().cursor)
    }

    pub fn snapshot(&self) -> ConnectionSnapshot {
        ConnectionSnapshot {
            client: self.client,
            subscriber: self.subscriber().to_owned(),
            label: self.label.as_ref().to_owned(),
            opened_at: self.opened_at.clone(),
            lag: self.lag(),
        }
    }

    /// The hub: brings the stream a batch that is in the replay buffer already. Returns whether the stream has it; else it is woken, and
    /// takes it by itself.
    pub fn deliver(&self, batch: &Batch, now: Instant) -> bool {
        let mut state = self.lock();
        let taken = match &mut *state {
            State { cursor, waits: true, sink: Some(sink), .. } if self.expires.is_none_or(|expires| now < expires) => {
                batch.write(cursor, sink.as_ref())
            }
            _ => Taken::Nothing,
        };
        if taken != Taken::All {
            state.has_news = true;
            give_turn(state);
        }
        taken != Taken::Nothing
    }

    /// The hub: says that there may be events to take.
    pub fn notify(&self) {
        let mut state = self.lock();
        state.has_news = true;
        give_turn(state);
    }

    /// The hub: says that there is an ephemeral event.
    pub fn wake(&self) {
        give_turn(self.lock());
    }

    /// Tells the stream to end.
    pub fn close(&self, reason: CloseReason) {
        let mut state = self.lock();
        state.close.get_or_insert(reason);
        give_turn(state);
    }

    /// The stream: where the hub may write from now on, while the stream waits.
    pub fn attach(&self, sink: Arc<dyn Sink>) {
        self.lock().sink = Some(sink);
    }

    /// The stream has ended: nothing is written any more.
    pub fn detach(&self) {
        let mut state = self.lock();
        let gone = (state.sink.take(), state.waker.take());
        drop(state);
        // Not under the lock: it may be the last to hold the socket.
        drop(gone);
    }

    /// The stream: takes the turn, and looks. What comes from now on wakes it. Why it is to end, where it is.
    pub fn take_turn(&self) -> Option<CloseReason> {
        let mut state = self.lock();
        (state.waits, state.has_news) = (false, false);
        state.close
    }

    /// The stream: hands over the turn until there is something since it took it last.
    pub fn poll_wait(&self, context: &mut Context<'_>) -> Poll<Wake> {
        let mut state = self.lock();
        if let Some(reason) = state.close {
            return Poll::Ready(Wake::Close(reason));
        }
        if std::mem::take(&mut state.has_news) {
            return Poll::Ready(Wake::Events);
        }
        if let Some((number, event)) = self.buffer.ephemeral_past(state.ephemeral) {
            (state.ephemeral, state.waits) = (number, false);
            return Poll::Ready(Wake::Ephemeral(event));
        }
        state.waits = true;
        state.register(context);
        Poll::Pending
    }

    /// The stream: waits for its end alone, and keeps the turn.
    pub fn poll_closed(&self, context: &mut Context<'_>) -> Poll<CloseReason> {
        let mut state = self.lock();
        match state.close {
            Some(reason) => Poll::Ready(reason),
            None => {
                state.register(context);
                Poll::Pending
            }
        }
    }

    // Nothing panics while it holds the lock, and if it did, each change is complete in one step.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn register(&mut self, context: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.waker = Some(context.waker().clone());
        }
    }
}

/// Gives the stream the turn, and wakes it.
fn give_turn(mut state: MutexGuard<'_, State>) {
    state.waits = false;
    let waker = state.waker.take();
    // It is a stranger's: not under the lock.
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
