//! A stream's side of the hub: what it is woken for, and what it may take.

use super::{End, Frame, Hub, RETURN_SPREAD, Wake, feed::Feed};
use bytes::Bytes;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// A stream's side of its registration. Dropped, the hub forgets the stream.
pub struct Seat {
    pub(super) hub: Hub,
    pub(super) client: Uuid,
    pub(super) username: String,
    pub(super) feed: Arc<Feed>,
    pub(super) wake: watch::Receiver<()>,
    /// Staff only.
    pub(super) passing: Option<watch::Receiver<Bytes>>,
    pub(super) cursor: Arc<AtomicI64>,
    pub(super) end: oneshot::Receiver<End>,
}

impl Seat {
    /// The frames past `cursor`, or `None` where they are not in memory any more.
    pub fn after(&self, cursor: i64) -> Option<Vec<Frame>> {
        self.feed.after(cursor)
    }

    /// Forgets the wakes so far. To be called before looking, so that what comes after the look wakes again.
    pub fn about_to_look(&mut self) {
        self.wake.mark_unchanged();
    }

    /// Says how far the stream has come.
    pub fn is_at(&self, cursor: i64) {
        self.cursor.store(cursor, Ordering::Relaxed);
    }

    /// Returns at the end, when there may be something to look for since [`Seat::about_to_look`], or with what passes.
    pub async fn wait(&mut self) -> Wake {
        let passing = async {
            let Some(passing) = &mut self.passing else { return std::future::pending().await };
            match passing.changed().await {
                Ok(()) => passing.borrow_and_update().clone(),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            // An entry that the registry dropped without a word: the program stops.
            end = &mut self.end => Wake::End(end.unwrap_or(End::Stopping(RETURN_SPREAD))),
            _ = self.wake.changed() => Wake::Events,
            frame = passing => Wake::Passing(frame),
        }
    }

    /// The end, if it has come.
    pub fn ended(&mut self) -> Option<End> {
        self.end.try_recv().ok()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut registry = self.hub.write();
        registry.streams.remove(&self.client);
        if self.feed.seats.fetch_sub(1, Ordering::Relaxed) == 1 {
            registry.feeds.remove(&self.username);
            registry.staff.remove(&self.username);
        }
        metrics::gauge!("orderwire_streams").set(registry.streams.len() as f64);
    }
}
