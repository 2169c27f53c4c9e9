//! A stream's side of the hub: what it is woken for, and what it may take.

use super::{CloseReason, EncodedEvent, Hub, RETURN_SPREAD, Wake, replay_buffer::ReplayBuffer};
use bytes::Bytes;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// A stream's side of its registration. Dropped, the hub forgets the stream.
pub struct Subscription {
    pub(super) hub: Hub,
    pub(super) client: Uuid,
    pub(super) username: String,
    pub(super) feed: Arc<ReplayBuffer>,
    pub(super) wake: watch::Receiver<()>,
    /// Staff only.
    pub(super) ephemeral: Option<watch::Receiver<Bytes>>,
    pub(super) cursor: Arc<AtomicI64>,
    pub(super) end: oneshot::Receiver<CloseReason>,
}

impl Subscription {
    /// The frames past `cursor`, or `None` where they are not in memory any more.
    pub fn after(&self, cursor: i64) -> Option<Vec<EncodedEvent>> {
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

    /// Returns at the end, when there may be something to look for since [`Subscription::about_to_look`], or with what passes.
    pub async fn wait(&mut self) -> Wake {
        let ephemeral = async {
            let Some(ephemeral) = &mut self.ephemeral else { return std::future::pending().await };
            match ephemeral.changed().await {
                Ok(()) => ephemeral.borrow_and_update().clone(),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            // An entry that the registry dropped without a word: the program stops.
            end = &mut self.end => Wake::CloseReason(end.unwrap_or(CloseReason::Stopping(RETURN_SPREAD))),
            _ = self.wake.changed() => Wake::Events,
            wire = ephemeral => Wake::Passing(wire),
        }
    }

    /// The end, if it has come.
    pub fn ended(&mut self) -> Option<CloseReason> {
        self.end.try_recv().ok()
    }
}

impl Drop for Subscription {
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
