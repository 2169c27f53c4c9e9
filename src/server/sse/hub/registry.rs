//! The hub's registry: connections, replay buffers and groups, under one lock.

use super::{
    super::{Audience, Metrics, Subscriber},
    admission::{AdmissionError, Limits},
    connection::Connection,
    replay_buffer::ReplayBuffer,
    tail_position::TailPosition,
};
use bytes::Bytes;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::Ordering},
};
use tokio::sync::watch;
use tokio_stream::{StreamMap, wrappers::WatchStream};
use uuid::Uuid;

/// The registry under its lock. It is held for reading while the tail delivers, for writing while a stream comes or goes: no replay buffer
/// is made half way through a batch. Clones share it.
#[derive(Clone)]
pub struct SharedRegistry(Arc<RwLock<Registry>>);

impl SharedRegistry {
    /// An empty registry; `metrics` hears how many streams are open.
    pub fn new(tail: TailPosition, metrics: Arc<dyn Metrics>) -> Self {
        Self(Arc::new(RwLock::new(Registry {
            tail: Arc::new(tail),
            connections: HashMap::new(),
            groups: HashMap::new(),
            buffers: HashMap::new(),
            opened: 0,
            stopping: false,
            metrics,
        })))
    }

    // Nothing panics while it holds the lock, and if it did, each change is complete in one step.
    pub fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Registry {
    pub tail: Arc<TailPosition>,
    pub connections: HashMap<Uuid, Connection>,
    pub groups: HashMap<String, Group>,
    /// By user name. More than one for a user whose groups have changed between two streams.
    buffers: HashMap<String, Vec<Arc<ReplayBuffer>>>,
    opened: u64,
    pub stopping: bool,
    metrics: Arc<dyn Metrics>,
}

/// A group with at least one member connected.
#[derive(Default)]
pub struct Group {
    members: HashMap<Arc<Subscriber>, Arc<ReplayBuffer>>,
    /// The latest ephemeral event, encoded.
    pub ephemeral: watch::Sender<Option<Bytes>>,
}

impl Registry {
    /// Counts one more stream of `subscriber`, within the limits; returns the replay buffer that it shares.
    pub fn admit(&mut self, subscriber: Subscriber, limits: Limits) -> Result<Arc<ReplayBuffer>, AdmissionError> {
        if self.stopping {
            return Err(AdmissionError::Stopping);
        }
        if self.connections.len() >= limits.in_all {
            return Err(AdmissionError::Full);
        }
        let buffers = self.buffers.get(&subscriber.name).map_or(&[][..], Vec::as_slice);
        if buffers.iter().map(|buffer| buffer.streams.load(Ordering::Relaxed)).sum::<usize>() >= limits.per_user {
            return Err(AdmissionError::UserLimit);
        }
        let buffer = match buffers.iter().find(|buffer| *buffer.subscriber == subscriber) {
            Some(buffer) => buffer.clone(),
            None => self.add_buffer(Arc::new(subscriber)),
        };
        buffer.streams.fetch_add(1, Ordering::Relaxed);
        Ok(buffer)
    }

    fn add_buffer(&mut self, subscriber: Arc<Subscriber>) -> Arc<ReplayBuffer> {
        let buffer = Arc::new(ReplayBuffer::new(subscriber.clone(), self.tail.clone()));
        for group in &subscriber.groups {
            self.groups.entry(group.clone()).or_default().members.insert(subscriber.clone(), buffer.clone());
        }
        self.buffers.entry(subscriber.name.clone()).or_default().push(buffer.clone());
        buffer
    }

    /// Enters the connection of an admitted stream, made with its number.
    pub fn enter(&mut self, client: Uuid, connection: impl FnOnce(u64) -> Connection) {
        self.opened += 1;
        self.connections.insert(client, connection(self.opened));
        self.metrics.streams(self.connections.len());
    }

    /// Removes a stream. A subscriber's last one takes the replay buffer with it.
    pub fn leave(&mut self, client: Uuid, buffer: &Arc<ReplayBuffer>) {
        self.connections.remove(&client);
        self.metrics.streams(self.connections.len());
        if buffer.streams.fetch_sub(1, Ordering::Relaxed) > 1 {
            return;
        }
        if let Entry::Occupied(mut buffers) = self.buffers.entry(buffer.subscriber.name.clone()) {
            buffers.get_mut().retain(|other| !Arc::ptr_eq(other, buffer));
            if buffers.get().is_empty() {
                buffers.remove();
            }
        }
        for name in &buffer.subscriber.groups {
            if let Entry::Occupied(mut group) = self.groups.entry(name.clone()) {
                group.get_mut().members.remove(&buffer.subscriber);
                if group.get().members.is_empty() {
                    group.remove();
                }
            }
        }
    }

    /// The ephemeral events of each of the subscriber's groups, the latest first.
    pub fn ephemeral(&self, subscriber: &Subscriber) -> StreamMap<String, WatchStream<Option<Bytes>>> {
        let groups = subscriber.groups.iter().filter_map(|name| self.groups.get_key_value(name));
        groups.map(|(name, group)| (name.clone(), WatchStream::new(group.ephemeral.subscribe()))).collect()
    }

    /// Calls `to` with the replay buffer of each subscriber that the audience takes in, once.
    pub fn for_each_addressed<'a>(&'a self, audience: &Audience, mut to: impl FnMut(&'a Arc<ReplayBuffer>)) {
        let of_user = |name: &str| self.buffers.get(name).into_iter().flatten();
        match audience {
            Audience::User(name) => of_user(name).for_each(to),
            Audience::UserAndGroup { user, group } => {
                let members = self.groups.get(group).into_iter().flat_map(|group| group.members.values());
                members.filter(|buffer| buffer.subscriber.name != *user).for_each(&mut to);
                of_user(user).for_each(to);
            }
            Audience::Everyone => self.buffers.values().flatten().for_each(to),
            Audience::SessionEnded(_) | Audience::SessionsEnded(_) | Audience::CloseStream(_) => {}
        }
    }

    /// Starts all replay buffers anew from there.
    pub fn restart(&mut self, tail: TailPosition) {
        self.tail = Arc::new(tail);
        self.buffers.values().flatten().for_each(|buffer| buffer.restart(self.tail.clone()));
    }

    #[cfg(test)]
    pub fn buffers(&self) -> usize {
        self.buffers.values().map(Vec::len).sum()
    }
}
