//! The hub: who is connected to this instance, and the recent events of each.
//!
//! Promises: a stream whose cursor lies within its subscriber's recent events is served from memory; a batch wakes it once; what it has
//! not taken is not kept for it (the log has it). Limits are checked where streams are counted, under one lock.

mod admission;
mod connection;
mod cursor;
mod registry;
mod replay_buffer;
mod subscription;
mod tail_position;

pub use admission::{AdmissionError, Limits};
pub use connection::{CloseReason, ConnectionRequest, ConnectionSnapshot};
pub use cursor::Cursor;
pub use replay_buffer::Recent;
pub use subscription::{Subscription, Wake};
pub use tail_position::TailPosition;

use super::{Audience, Bounds, EventId, LogEvent, Metrics, wire};
use connection::{Connection, RETURN_MIN, RETURN_SPREAD};
use registry::{Registry, SharedRegistry};
use replay_buffer::ReplayBuffer;
use std::sync::{Arc, RwLockReadGuard, RwLockWriteGuard, atomic::Ordering};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// Everyone who is connected to this instance. Clones share it.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    limits: Limits,
    metrics: Arc<dyn Metrics>,
    registry: SharedRegistry,
    epoch: watch::Sender<String>,
}

impl Hub {
    /// An empty hub for a log that is read from its head on.
    pub fn new(bounds: &Bounds, limits: Limits, metrics: impl Metrics) -> Self {
        let metrics: Arc<dyn Metrics> = Arc::new(metrics);
        let registry = SharedRegistry::new(TailPosition::new(bounds), metrics.clone());
        Self(Arc::new(Shared { limits, metrics, registry, epoch: watch::Sender::new(bounds.epoch.clone()) }))
    }

    /// Opens a connection, or says why not. It begins at the position of the tail.
    pub fn subscribe(&self, request: ConnectionRequest) -> Result<Subscription, AdmissionError> {
        let ConnectionRequest { client, subscriber, session, label, opened_at } = request;
        let mut registry = self.write();
        let buffer = registry.admit(subscriber, self.0.limits)?;
        let cursor = Arc::new(Cursor::new(buffer, registry.tail.clone()));
        let wake = cursor.buffer.wake.subscribe();
        let ephemeral = registry.ephemeral(&cursor.buffer.subscriber);
        let (close, closed) = oneshot::channel();
        registry.enter(client, |number| Connection { session, label, opened_at, number, cursor: cursor.clone(), close });
        Ok(Subscription { registry: self.0.registry.clone(), client, cursor, wake, ephemeral, close: closed })
    }

    /// Puts the log's next events, in order, into the replay buffers of those they concern, and wakes each of their streams once.
    /// `through` is the sequence up to which the log has then been read. Called by the tail alone.
    pub fn deliver(&self, events: Vec<LogEvent>, through: i64) {
        // First the ends of sessions: a session that has ended is shown nothing more.
        for event in &events {
            match &event.audience {
                Audience::SessionEnded(handle) => self.close_where(|connection| connection.session == *handle),
                Audience::SessionsEnded(name) => self.close_where(|connection| connection.subscriber() == name),
                Audience::CloseStream(client) => _ = client.parse().is_ok_and(|client| self.close(client)),
                Audience::User(_) | Audience::UserAndGroup { .. } | Audience::Everyone => {}
            }
        }
        let registry = self.read();
        let mut id = registry.tail.id();
        let mut touched: Vec<&Arc<ReplayBuffer>> = Vec::new();
        for event in &events {
            id.sequence = event.sequence;
            let mut encoded = None;
            registry.for_each_addressed(&event.audience, |buffer| {
                let encoded = encoded.get_or_insert_with(|| wire::event(&id, &event.kind, &event.data));
                buffer.push(encoded.clone());
                if !buffer.touched.swap(true, Ordering::Relaxed) {
                    touched.push(buffer);
                }
            });
        }
        registry.tail.advance(through);
        for buffer in touched {
            buffer.touched.store(false, Ordering::Relaxed);
            buffer.wake.send_replace(());
        }
    }

    /// The log does not go on from where the tail has read it to: the tail starts anew from the log's head, maybe in another epoch. Each
    /// open stream checks its session, whose end may lie in what was passed over, and then its position. Called by the tail alone.
    pub fn restart(&self, bounds: &Bounds) {
        let mut registry = self.write();
        registry.restart(TailPosition::new(bounds));
        self.0.epoch.send_if_modified(|epoch| {
            let new = *epoch != bounds.epoch;
            epoch.clone_from(&bounds.epoch);
            new
        });
    }

    /// The position up to which the tail has delivered.
    pub fn position(&self) -> EventId {
        self.read().tail.id()
    }

    /// The log's epoch, and each new one.
    pub fn epoch(&self) -> watch::Receiver<String> {
        self.0.epoch.subscribe()
    }

    pub(super) fn metrics(&self) -> &Arc<dyn Metrics> {
        &self.0.metrics
    }

    /// How many streams are open.
    pub fn streams(&self) -> usize {
        self.read().connections.len()
    }

    /// The open streams, the newest first; at most `most` of them.
    pub fn newest(&self, most: usize) -> Vec<ConnectionSnapshot> {
        let registry = self.read();
        let mut connections: Vec<_> = registry.connections.iter().collect();
        let newest_first = |(_, one): &(_, &Connection), (_, other): &(_, &Connection)| other.number.cmp(&one.number);
        // There may be ten thousand, and this is asked for every second.
        if connections.len() > most {
            connections.select_nth_unstable_by(most, newest_first);
            connections.truncate(most);
        }
        connections.sort_unstable_by(newest_first);
        connections.into_iter().map(|(client, connection)| connection.snapshot(*client)).collect()
    }

    /// The lag of each open stream, as in [`ConnectionSnapshot::lag`].
    pub fn lags(&self) -> Vec<(Uuid, Option<usize>)> {
        self.read().connections.iter().map(|(client, connection)| (*client, connection.cursor.lag())).collect()
    }

    /// Whether a member of the group is connected.
    pub fn has_members(&self, group: &str) -> bool {
        self.read().groups.contains_key(group)
    }

    /// Sends an event that is not in the log to all streams of the group's members, now and, as long as it is the latest, when they open.
    /// A stream that is slow gets the latest only. An event that is the same as the latest is not sent again.
    pub fn send_ephemeral(&self, group: &str, kind: &str, data: &str) {
        let event = Some(wire::ephemeral(kind, data));
        if let Some(group) = self.read().groups.get(group) {
            group.ephemeral.send_if_modified(|latest| {
                let new = *latest != event;
                *latest = event;
                new
            });
        }
    }

    /// Closes one stream. Returns whether it was there.
    pub fn close(&self, client: Uuid) -> bool {
        let connection = self.write().connections.remove(&client);
        connection.map(|connection| connection.close(CloseReason::Requested)).is_some()
    }

    /// Lets no stream open any more and closes all that are open, each with a time of its own to return after, spread evenly.
    pub fn stop(&self) {
        let mut registry = self.write();
        registry.stopping = true;
        let connections: Vec<_> = registry.connections.drain().map(|(_, connection)| connection).collect();
        let count = u32::try_from(connections.len()).unwrap_or(u32::MAX).max(1);
        for (place, connection) in (0..).zip(connections) {
            connection.close(CloseReason::Stopping(RETURN_MIN + RETURN_SPREAD * place / count));
        }
    }

    fn close_where(&self, which: impl Fn(&Connection) -> bool) {
        let mut registry = self.write();
        for (_, connection) in registry.connections.extract_if(|_, connection| which(connection)) {
            connection.close(CloseReason::SessionEnded);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.0.registry.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.0.registry.write()
    }
}

#[cfg(test)]
mod tests;
