//! The hub's registry: connections, replay buffers and groups, under one lock.

use super::{
    super::{Audience, Metrics, Subscriber},
    admission::{AdmissionError, Limits},
    connection::{Connection, ConnectionRequest},
    cursor::Cursor,
    ephemeral::Latest,
    member::Member,
    replay_buffer::ReplayBuffer,
    tail_position::TailPosition,
};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use uuid::Uuid;

/// The registry under its lock. It is held for reading while the tail fills the replay buffers, for writing while a stream comes or goes: no
/// replay buffer is made half way through a batch. Clones share it.
#[derive(Clone)]
pub struct SharedRegistry(Arc<RwLock<Registry>>);

impl SharedRegistry {
    /// An empty registry; `metrics` hears how many streams are open.
    pub fn new(tail: TailPosition, metrics: Arc<dyn Metrics>) -> Self {
        Self(Arc::new(RwLock::new(Registry {
            tail: Arc::new(tail),
            connections: HashMap::new(),
            groups: HashMap::new(),
            members: HashMap::new(),
            opened: 0,
            ephemeral: 0,
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
    pub connections: HashMap<Uuid, Arc<Connection>>,
    pub groups: HashMap<String, Group>,
    /// By user name. More than one for a user whose groups have changed between two streams.
    members: HashMap<String, Vec<Arc<Member>>>,
    opened: u64,
    /// The number of the last ephemeral event.
    pub ephemeral: u64,
    pub stopping: bool,
    metrics: Arc<dyn Metrics>,
}

/// A group with at least one member connected.
#[derive(Default)]
pub struct Group {
    pub members: HashMap<Arc<Subscriber>, Arc<Member>>,
    pub latest: Arc<Latest>,
}

impl Registry {
    /// Enters one more stream, within the limits.
    pub fn enter(&mut self, request: ConnectionRequest, limits: Limits) -> Result<Arc<Connection>, AdmissionError> {
        if self.stopping {
            return Err(AdmissionError::Stopping);
        }
        if self.connections.len() >= limits.in_all {
            return Err(AdmissionError::Full);
        }
        let members = self.members.get(&request.subscriber.name).map_or(&[][..], Vec::as_slice);
        if members.iter().map(|member| member.connections().len()).sum::<usize>() >= limits.per_user {
            return Err(AdmissionError::UserLimit);
        }
        let member = match members.iter().find(|member| *member.buffer.subscriber == request.subscriber) {
            Some(member) => member.clone(),
            None => self.add_member(Arc::new(request.subscriber.clone())),
        };
        self.opened += 1;
        let connection = Connection::new(request, self.opened, member.buffer.clone(), Cursor::new(self.tail.clone()));
        let connection = Arc::new(connection);
        member.connections().push(connection.clone());
        self.connections.insert(connection.client, connection.clone());
        self.metrics.streams(self.connections.len());
        Ok(connection)
    }

    fn add_member(&mut self, subscriber: Arc<Subscriber>) -> Arc<Member> {
        let mut ephemeral = Vec::with_capacity(subscriber.groups.len());
        for group in &subscriber.groups {
            ephemeral.push(self.groups.entry(group.clone()).or_default().latest.clone());
        }
        let member = Arc::new(Member::new(ReplayBuffer::new(subscriber.clone(), ephemeral, self.tail.clone())));
        for group in &subscriber.groups {
            self.groups.entry(group.clone()).or_default().members.insert(subscriber.clone(), member.clone());
        }
        self.members.entry(subscriber.name.clone()).or_default().push(member.clone());
        member
    }

    /// Removes a stream. A subscriber's last one takes the replay buffer with it.
    pub fn leave(&mut self, connection: &Arc<Connection>) {
        self.connections.remove(&connection.client);
        self.metrics.streams(self.connections.len());
        let subscriber = &connection.buffer.subscriber;
        let Entry::Occupied(mut members) = self.members.entry(subscriber.name.clone()) else { return };
        let Some(place) = members.get().iter().position(|member| Arc::ptr_eq(&member.buffer, &connection.buffer)) else { return };
        let is_last = {
            let mut connections = members.get()[place].connections();
            if let Some(place) = connections.iter().position(|other| Arc::ptr_eq(other, connection)) {
                connections.swap_remove(place);
            }
            connections.is_empty()
        };
        if !is_last {
            return;
        }
        members.get_mut().swap_remove(place);
        if members.get().is_empty() {
            members.remove();
        }
        for name in &subscriber.groups {
            if let Entry::Occupied(mut group) = self.groups.entry(name.clone()) {
                group.get_mut().members.remove(subscriber);
                if group.get().members.is_empty() {
                    group.remove();
                }
            }
        }
    }

    /// Calls `to` with each connected subscriber that the audience takes in, once.
    pub fn for_each_addressed<'a>(&'a self, audience: &Audience, mut to: impl FnMut(&'a Arc<Member>)) {
        let of_user = |name: &str| self.members.get(name).into_iter().flatten();
        match audience {
            Audience::User(name) => of_user(name).for_each(to),
            Audience::UserAndGroup { user, group } => {
                let members = self.groups.get(group).into_iter().flat_map(|group| group.members.values());
                members.filter(|member| member.buffer.subscriber.name != *user).for_each(&mut to);
                of_user(user).for_each(to);
            }
            Audience::Everyone => self.members.values().flatten().for_each(to),
            Audience::SessionEnded(_) | Audience::SessionsEnded(_) | Audience::CloseStream(_) => {}
        }
    }

    /// Starts all replay buffers anew from there.
    pub fn restart(&mut self, tail: TailPosition) {
        self.tail = Arc::new(tail);
        self.members.values().flatten().for_each(|member| member.restart(self.tail.clone()));
    }

    #[cfg(test)]
    pub fn buffers(&self) -> usize {
        self.members.values().map(Vec::len).sum()
    }
}
