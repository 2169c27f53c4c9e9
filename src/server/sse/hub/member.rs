//! A connected subscriber: the replay buffer, and the open streams that share it.

use super::{connection::Connection, replay_buffer::ReplayBuffer, tail_position::TailPosition};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A subscriber with at least one open stream.
pub struct Member {
    pub buffer: Arc<ReplayBuffer>,
    /// Changed only under the registry's lock.
    connections: Mutex<Vec<Arc<Connection>>>,
}

impl Member {
    pub fn new(buffer: ReplayBuffer) -> Self {
        Self { buffer: Arc::new(buffer), connections: Mutex::default() }
    }

    /// The open streams. The lock is not to be held for long: streams come and go.
    pub fn connections(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the buffer anew from the tail's head, and wakes the streams.
    pub fn restart(&self, tail: Arc<TailPosition>) {
        self.buffer.restart(tail);
        self.connections().iter().for_each(|connection| connection.notify());
    }
}
