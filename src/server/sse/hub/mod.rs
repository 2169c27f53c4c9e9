//! The hub: who is connected to this instance, and the recent events of each.
//!
//! Promises: a stream whose cursor lies within its subscriber's recent events is served from memory; a batch wakes it once at most, and not
//! where the hub writes it straight to the stream's sink; what it has not taken is not kept for it (the log has it). Limits are checked
//! where streams are counted, under one lock.

mod admission;
mod batch;
mod connection;
mod cursor;
mod ephemeral;
mod member;
mod registry;
mod replay_buffer;
mod subscription;
mod tail_position;

pub use admission::{AdmissionError, Limits};
pub use connection::{CloseReason, Connection, ConnectionRequest, ConnectionSnapshot, Wake};
pub use replay_buffer::Recent;
pub use subscription::Subscription;
pub use tail_position::TailPosition;

use super::{Audience, Bounds, EventId, LogEvent, Metrics, Source, wire};
use connection::{RETURN_MIN, RETURN_SPREAD};
use member::Member;
use registry::{Registry, SharedRegistry};
use std::sync::{Arc, RwLockReadGuard, RwLockWriteGuard};
use tokio::{sync::watch, task::yield_now, time::Instant};
use uuid::Uuid;

/// Streams that get a batch before other tasks have their turn: each may take a system call.
const STREAMS_AT_ONCE: usize = 128;

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
        let connection = self.write().enter(request, self.0.limits)?;
        Ok(Subscription { registry: self.0.registry.clone(), connection })
    }

    /// Puts the log's next events, in order, into the replay buffers of those they concern, and then brings them to each of their streams.
    /// `through` is the sequence up to which the log has then been read. Called by the tail alone.
    pub async fn deliver(&self, events: Vec<LogEvent>, through: i64) {
        // First the ends of sessions: a session that has ended is shown nothing more.
        for event in &events {
            match &event.audience {
                Audience::SessionEnded(handle) => self.close_where(|connection| *connection.session == **handle),
                Audience::SessionsEnded(name) => self.close_where(|connection| connection.subscriber() == name),
                Audience::CloseStream(client) => _ = client.parse().is_ok_and(|client| self.close(client)),
                Audience::User(_) | Audience::UserAndGroup { .. } | Audience::Everyone => {}
            }
        }
        let (mut streams, mut now) = (0, Instant::now());
        for member in self.push(&events, through) {
            let batch = member.buffer.batch(through);
            // A copy: no lock is held while the streams are written to.
            let connections = member.connections().clone();
            let mut delivered = 0;
            for connection in connections {
                delivered += usize::from(connection.deliver(&batch, now));
                streams += 1;
                if streams == STREAMS_AT_ONCE {
                    streams = 0;
                    yield_now().await;
                    now = Instant::now();
                }
            }
            if delivered > 0 {
                self.0.metrics.sent(delivered * batch.events.len(), Source::Memory);
            }
        }
    }

    /// Puts events into the replay buffers. Returns whose have got some.
    fn push(&self, events: &[LogEvent], through: i64) -> Vec<Arc<Member>> {
        let registry = self.read();
        let mut id = registry.tail.id();
        let mut touched = Vec::new();
        for event in events {
            id.sequence = event.sequence;
            let mut encoded = None;
            registry.for_each_addressed(&event.audience, |member| {
                let encoded = encoded.get_or_insert_with(|| wire::event(&id, &event.kind, &event.data));
                if member.buffer.push(encoded.clone()) {
                    touched.push(member.clone());
                }
            });
        }
        registry.tail.advance(through);
        touched
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
        let mut connections: Vec<_> = registry.connections.values().collect();
        let newest_first = |one: &&Arc<Connection>, other: &&Arc<Connection>| other.number.cmp(&one.number);
        // There may be ten thousand, and this is asked for every second.
        if connections.len() > most {
            connections.select_nth_unstable_by(most, newest_first);
            connections.truncate(most);
        }
        connections.sort_unstable_by(newest_first);
        connections.into_iter().map(|connection| connection.snapshot()).collect()
    }

    /// The lag of each open stream, as in [`ConnectionSnapshot::lag`].
    pub fn lags(&self) -> Vec<(Uuid, Option<usize>)> {
        self.read().connections.iter().map(|(client, connection)| (*client, connection.lag())).collect()
    }

    /// Whether a member of the group is connected.
    pub fn has_members(&self, group: &str) -> bool {
        self.read().groups.contains_key(group)
    }

    /// Sends an event that is not in the log to all streams of the group's members, now and, as long as it is the latest, when they open.
    /// A stream that is slow gets the latest only. An event that is the same as the latest is not sent again.
    pub fn send_ephemeral(&self, group: &str, kind: &str, data: &str) {
        let event = wire::ephemeral(kind, data);
        // For writing: of two, the first to be numbered is the first to be seen.
        let mut registry = self.write();
        registry.ephemeral += 1;
        let number = registry.ephemeral;
        if let Some(group) = registry.groups.get(group)
            && group.latest.replace(number, &event)
        {
            let members = group.members.values();
            members.for_each(|member| member.connections().iter().for_each(|connection| connection.wake()));
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
