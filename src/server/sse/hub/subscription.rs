//! A stream's side of its connection. Dropped, the stream is removed from the hub.

use super::{
    super::{EventId, Subscriber},
    connection::{CloseReason, Connection, Wake},
    registry::SharedRegistry,
    replay_buffer::Recent,
    tail_position::TailPosition,
};
use bytes::Bytes;
use std::{collections::VecDeque, future::poll_fn, sync::Arc};

/// A stream's side of its connection.
pub struct Subscription {
    pub(super) registry: SharedRegistry,
    pub connection: Arc<Connection>,
}

impl Subscription {
    pub fn subscriber(&self) -> Arc<Subscriber> {
        self.connection.buffer.subscriber.clone()
    }

    /// Where the stream stands.
    pub fn position(&self) -> EventId {
        self.connection.lock().cursor.id()
    }

    /// Takes what follows from memory into `into`.
    pub fn take_recent(&self, into: &mut VecDeque<Bytes>) -> Recent {
        let mut state = self.connection.lock();
        self.connection.buffer.take(&mut state.cursor, into)
    }

    /// Moves the cursor past what has been read from the log. It is the stream's turn.
    pub fn advance(&self, to: &EventId) {
        self.connection.lock().cursor.advance(to);
    }

    /// Takes note of a start of the tail: the stream has checked its session and its position since.
    pub fn note(&self, start: Arc<TailPosition>) {
        self.connection.lock().cursor.seen = start;
    }

    /// Takes the turn: what comes from now on ends the next [`Subscription::wait`]. Returns why the stream is to end, where it is.
    pub fn take_turn(&self) -> Option<CloseReason> {
        self.connection.take_turn()
    }

    /// Hands over the turn. Returns when the stream is to end, when there may be events to take that were not there when it took the turn, or
    /// with an ephemeral event. Cancel safe.
    pub async fn wait(&self) -> Wake {
        poll_fn(|context| self.connection.poll_wait(context)).await
    }

    /// Returns when the stream is to end. Cancel safe.
    pub async fn closed(&self) -> CloseReason {
        poll_fn(|context| self.connection.poll_closed(context)).await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.connection.detach();
        self.registry.write().leave(&self.connection);
    }
}
