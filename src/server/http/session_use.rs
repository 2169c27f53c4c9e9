//! Which sessions are used: a request is a use, and an open stream is one for as long as it is open.
//!
//! Promises: no request waits for a write; the use is written down once an interval, for all sessions in one statement; a stream whose
//! session is found to have ended, whatever has ended it, ends.

use crate::server::store::{SessionRows, Store};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};

/// How often the use is written down, at most.
const INTERVAL: Duration = Duration::from_secs(60);

/// It is written down so many times at least in the time that a session lasts without use.
const TIMES_WITHIN_IDLE: u32 = 4;

/// The sessions that are used, by their handles. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct SessionUse(Arc<Mutex<Used>>);

#[derive(Debug, Default)]
struct Used {
    /// By requests, since it was written down last.
    noted: HashSet<String>,
    /// By streams, and how many.
    kept: HashMap<Arc<str>, usize>,
}

/// The use of a session by a stream.
pub struct InUse(SessionUse, Arc<str>);

impl SessionUse {
    /// A request uses the session.
    pub fn note(&self, handle: &str) {
        let mut used = self.lock();
        if !used.noted.contains(handle) {
            used.noted.insert(handle.to_owned());
        }
    }

    /// A stream uses the session.
    pub fn keep(&self, handle: &Arc<str>) -> InUse {
        *self.lock().kept.entry(handle.clone()).or_default() += 1;
        InUse(self.clone(), handle.clone())
    }

    /// Writes the use down, for as long as the program runs.
    pub async fn record(self, rows: SessionRows, store: Store, idle: Option<Duration>) {
        let within_idle = idle.map(|idle| idle / TIMES_WITHIN_IDLE);
        let mut tick = interval(within_idle.map_or(INTERVAL, |idle| idle.min(INTERVAL)));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.record_once(&rows, &store).await;
        }
    }

    async fn record_once(&self, rows: &SessionRows, store: &Store) {
        let (noted, kept) = self.take();
        let handles: HashSet<_> = noted.union(&kept).cloned().collect();
        if handles.is_empty() {
            return;
        }
        match rows.touch(&handles).await {
            Ok(found) => {
                for ended in kept.difference(&found) {
                    // Its streams end as with a sign-out. Where that fails, the next time finds them again.
                    if let Err(error) = store.session_ended(ended).await {
                        tracing::debug!(%error, "a session has ended, and its streams could not be told");
                    }
                }
            }
            // The store logs it; those of requests are written down the next time.
            Err(_) => self.lock().noted.extend(noted),
        }
    }

    fn take(&self) -> (HashSet<String>, HashSet<String>) {
        let mut used = self.lock();
        (std::mem::take(&mut used.noted), used.kept.keys().map(|handle| handle.as_ref().to_owned()).collect())
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let Self(used, handle) = self;
        let mut used = used.lock();
        if let Some(streams) = used.kept.get_mut(handle.as_ref()) {
            *streams -= 1;
            if *streams == 0 {
                used.kept.remove(handle.as_ref());
            }
        }
        // It was in use until now.
        if !used.noted.contains(handle.as_ref()) {
            used.noted.insert(handle.as_ref().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_a_use_until_it_closes_and_a_request_is_one() {
        let used = SessionUse::default();
        let streams = [used.keep(&"stream".into()), used.keep(&"stream".into())];
        used.note("request");
        let set = |handles: &[&str]| handles.iter().map(|handle| handle.to_string()).collect::<HashSet<_>>();
        assert_eq!(used.take(), (set(&["request"]), set(&["stream"])));
        let [first, second] = streams;
        drop(first);
        assert_eq!(used.take(), (set(&["stream"]), set(&["stream"])));
        drop(second);
        assert_eq!(used.take(), (set(&["stream"]), set(&[])));
        assert_eq!(used.take(), (set(&[]), set(&[])));
    }
}
