//! What the hub and its subscriptions share: the registry, under one lock.

use super::{
    super::Bounds, limits::Limits, metrics::Metrics, registry::Registry, replay_buffer::ReplayBuffer, tail_position::TailPosition,
};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::watch;
use uuid::Uuid;

pub struct Shared {
    pub limits: Limits,
    pub metrics: Metrics,
    /// Held for reading while the tail delivers, for writing while a stream comes or goes: no replay buffer is made half way through a
    /// batch.
    registry: RwLock<Registry>,
    pub epoch: watch::Sender<String>,
}

impl Shared {
    pub fn new(bounds: &Bounds, limits: Limits, metrics: Metrics) -> Self {
        let registry = RwLock::new(Registry::new(TailPosition::new(bounds)));
        Self { limits, metrics, registry, epoch: watch::Sender::new(bounds.epoch.clone()) }
    }

    /// Removes a connection, if the hub has not closed it, and counts one stream of its replay buffer less.
    pub fn unsubscribe(&self, client: Uuid, buffer: &Arc<ReplayBuffer>) {
        let mut registry = self.write();
        registry.connections.remove(&client);
        registry.leave(buffer);
        self.metrics.streams.set(registry.connections.len() as f64);
    }

    // Nothing panics while it holds a lock, and if it did, each change is complete in one step.
    pub fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }
}
