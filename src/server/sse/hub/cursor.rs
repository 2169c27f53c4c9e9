//! The cursor of one stream. The hub's entry and the stream share it, so there is one answer to where a stream stands, and whoever
//! delivers to the stream, be it the stream itself or the hub, moves it.
//!
//! Promise: the cursor moves past an event in the same step that takes the event for delivery, so each event is taken once.

use super::{
    super::EventId,
    replay_buffer::{Recent, ReplayBuffer},
    tail_position::TailPosition,
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Where a stream stands in the log.
pub struct Cursor {
    pub buffer: Arc<ReplayBuffer>,
    /// Locked before the buffer is.
    state: Mutex<State>,
}

struct State {
    position: EventId,
    /// The last start of the tail that the stream has taken note of.
    seen: Arc<TailPosition>,
}

impl Cursor {
    pub fn new(buffer: Arc<ReplayBuffer>, tail: Arc<TailPosition>) -> Self {
        Self { buffer, state: Mutex::new(State { position: tail.id(), seen: tail }) }
    }

    /// Takes what follows from memory into `into`.
    pub fn take_recent(&self, into: &mut VecDeque<Bytes>) -> Recent {
        let mut state = self.lock();
        let State { position, seen } = &mut *state;
        self.buffer.take(position, seen, into)
    }

    pub fn position(&self) -> EventId {
        self.lock().position.clone()
    }

    /// Moves the cursor, unless it has moved from `from` meanwhile. Whoever has read past `from` from the log delivers it only where
    /// this returns true.
    pub fn advance(&self, from: &EventId, to: EventId) -> bool {
        let mut state = self.lock();
        let unmoved = state.position == *from;
        if unmoved {
            state.position = to;
        }
        unmoved
    }

    /// Takes note of a start of the tail: the stream has checked its session and its position since.
    pub fn note(&self, start: Arc<TailPosition>) {
        self.lock().seen = start;
    }

    /// How many of the subscriber's events lie past the cursor; `None` where they are too many for the replay buffer.
    pub fn lag(&self) -> Option<usize> {
        self.buffer.count_past(&self.lock().position)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
