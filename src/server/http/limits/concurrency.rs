//! How many may be at something at once, for each key; more wait in line, in the order of their arrival, up to a number and for a time.
//!
//! Promises: one key's line delays nobody of another key; a key that nobody uses is kept nowhere.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The bounds of one key.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub at_once: usize,
    /// How many more may wait.
    pub waiting: usize,
    /// How long each may wait.
    pub wait: Duration,
}

/// The lines of all keys. Clones share them.
#[derive(Clone)]
pub struct ConcurrencyLimit<K: Hash + Eq + Clone>(Arc<Shared<K>>);

struct Shared<K> {
    bounds: Bounds,
    lines: Mutex<HashMap<K, Line>>,
}

struct Line {
    places: Arc<Semaphore>,
    /// Those who have a place, and those who wait for one.
    members: usize,
}

/// A place. Dropped, it is the next one's.
pub struct Place<K: Hash + Eq + Clone> {
    // Freed before the line is left.
    _permit: OwnedSemaphorePermit,
    _member: Member<K>,
}

impl<K: Hash + Eq + Clone> ConcurrencyLimit<K> {
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Shared { bounds, lines: Mutex::default() }))
    }

    /// Waits for a place; `None` where too many wait already, or none was free in time.
    pub async fn enter(&self, key: K) -> Option<Place<K>> {
        let Bounds { at_once, waiting, wait } = self.0.bounds;
        let (places, member) = {
            let mut lines = self.lock();
            let line = lines.entry(key.clone()).or_insert_with(|| Line { places: Arc::new(Semaphore::new(at_once)), members: 0 });
            if line.members >= at_once.saturating_add(waiting) {
                return None;
            }
            line.members += 1;
            (line.places.clone(), Member { limit: self.clone(), key })
        };
        let permit = timeout(wait, places.acquire_owned()).await.ok()?.ok()?;
        Some(Place { _permit: permit, _member: member })
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Line>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of a line.
struct Member<K: Hash + Eq + Clone> {
    limit: ConcurrencyLimit<K>,
    key: K,
}

impl<K: Hash + Eq + Clone> Drop for Member<K> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut line) = self.limit.lock().entry(self.key.clone()) {
            line.get_mut().members -= 1;
            if line.get().members == 0 {
                line.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, poll};
    use std::pin::pin;

    fn limit(waiting: usize, wait: Duration) -> ConcurrencyLimit<&'static str> {
        ConcurrencyLimit::new(Bounds { at_once: 2, waiting, wait })
    }

    #[tokio::test]
    async fn more_than_are_allowed_wait_and_more_than_may_wait_are_refused() {
        let limit = limit(1, Duration::from_secs(3_600));
        let first = limit.enter("ada").await.unwrap();
        let _second = limit.enter("ada").await.unwrap();
        let mut third = pin!(limit.enter("ada"));
        assert!(poll!(&mut third).is_pending());
        assert!(limit.enter("ada").now_or_never().expect("it waits").is_none(), "the line is full");
        assert!(limit.enter("grace").now_or_never().expect("it waits").is_some(), "another key");
        drop(first);
        assert!(third.await.is_some());
    }

    #[tokio::test]
    async fn who_has_waited_too_long_is_refused() {
        let limit = limit(1, Duration::from_millis(1));
        let places = [limit.enter("ada").await, limit.enter("ada").await];
        assert!(limit.enter("ada").await.is_none());
        drop(places);
        assert!(limit.lock().is_empty(), "a key that nobody uses is kept");
    }
}
