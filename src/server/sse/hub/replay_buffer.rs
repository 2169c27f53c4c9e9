//! What a user's streams share: the user's last few frames, and the signal that there are more.

use super::EncodedEvent;
use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize},
    },
};
use tokio::sync::watch;

/// Frames kept in memory for each connected user. Whoever is further behind reads the log.
pub const RECENT: usize = 64;

/// Bytes of them, at most.
const RECENT_BYTES: usize = 64 * 1024;

/// What a user's streams share.
pub struct ReplayBuffer {
    /// How many seats there are. Changed only under the registry's lock.
    pub seats: AtomicUsize,
    recent: Mutex<Recent>,
    /// Signals each of the streams once a batch.
    pub wake: watch::Sender<()>,
    /// Whether the batch under delivery has already put something here. Used by the tail alone.
    pub touched: AtomicBool,
}

struct Recent {
    /// The frames hold all of this user's events after this position.
    since: i64,
    frames: VecDeque<EncodedEvent>,
    bytes: usize,
}

impl ReplayBuffer {
    pub fn new(since: i64) -> Self {
        Self {
            seats: AtomicUsize::new(0),
            recent: Mutex::new(Recent { since, frames: VecDeque::new(), bytes: 0 }),
            wake: watch::Sender::new(()),
            touched: AtomicBool::new(false),
        }
    }

    pub fn push(&self, wire: EncodedEvent) {
        let mut recent = self.lock();
        recent.bytes += wire.bytes.len();
        recent.frames.push_back(wire);
        while (recent.frames.len() > RECENT || recent.bytes > RECENT_BYTES)
            && let Some(oldest) = recent.frames.pop_front()
        {
            recent.bytes -= oldest.bytes.len();
            recent.since = oldest.sequence;
        }
    }

    /// Forgets all frames: what follows is all of this user's after `since`.
    pub fn forget(&self, since: i64) {
        *self.lock() = Recent { since, frames: VecDeque::new(), bytes: 0 };
    }

    /// The frames past `cursor`, or `None` where they are not in memory any more.
    pub fn after(&self, cursor: i64) -> Option<Vec<EncodedEvent>> {
        let recent = self.lock();
        if cursor < recent.since {
            return None;
        }
        let first = recent.frames.partition_point(|wire| wire.sequence <= cursor);
        Some(recent.frames.range(first..).cloned().collect())
    }

    /// How many frames lie past `cursor`; `None` where they are not all in memory.
    pub fn past(&self, cursor: i64) -> Option<usize> {
        let recent = self.lock();
        (cursor >= recent.since).then(|| recent.frames.len() - recent.frames.partition_point(|wire| wire.sequence <= cursor))
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
