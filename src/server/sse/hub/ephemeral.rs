//! The latest ephemeral event of a group: one that is not in the log. A stream that is slow, or opens later, gets the latest only.

use bytes::Bytes;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The latest ephemeral event, encoded, with its number. Numbers grow over all groups, so that one number tells what a stream has taken.
#[derive(Default)]
pub struct Latest(Mutex<Option<(u64, Bytes)>>);

impl Latest {
    /// Replaces it, unless it is the same. Returns whether it was another.
    pub fn replace(&self, number: u64, event: &Bytes) -> bool {
        let mut latest = self.lock();
        let new = latest.as_ref().is_none_or(|(_, latest)| latest != event);
        if new {
            *latest = Some((number, event.clone()));
        }
        new
    }

    /// The latest, where its number is past that one.
    pub fn past(&self, number: u64) -> Option<(u64, Bytes)> {
        self.lock().clone().filter(|(latest, _)| *latest > number)
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Option<(u64, Bytes)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
