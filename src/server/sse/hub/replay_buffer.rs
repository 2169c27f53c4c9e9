//! What a subscriber's streams share: the subscriber's recent events, and the signal that there are more.

use super::{
    super::{EventId, Subscriber, wire::EncodedEvent},
    tail_position::TailPosition,
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize},
    },
};
use tokio::sync::watch;

/// Events kept in memory for each connected subscriber. A stream that is further behind reads the log.
pub const EVENTS_MAX: usize = 64;

/// Bytes of them, at most.
const BYTES_MAX: usize = 64 * 1024;

/// The recent events of one subscriber.
pub struct ReplayBuffer {
    pub subscriber: Arc<Subscriber>,
    /// How many streams are open. Changed only under the registry's lock.
    pub streams: AtomicUsize,
    contents: Mutex<Contents>,
    /// Wakes the streams, once a batch.
    pub wake: watch::Sender<()>,
    /// Whether the batch under delivery has already put something here. Used by the tail alone.
    pub touched: AtomicBool,
}

struct Contents {
    tail: Arc<TailPosition>,
    /// The events are all of this subscriber's past this sequence, and up to the tail's head.
    since: i64,
    events: VecDeque<EncodedEvent>,
    bytes: usize,
}

/// What the replay buffer had for a cursor.
#[derive(Debug)]
pub enum Recent {
    /// So many events; the cursor has moved past them.
    Events(usize),
    /// Nothing; the cursor has moved to the tail's head.
    CaughtUp,
    /// The events past the cursor are not (all) in memory: the log has them.
    NotInMemory,
    /// The tail has started anew and passed over a part of the log. Nothing is taken until [`super::Cursor::note`] is called with this start.
    Restarted(Arc<TailPosition>),
}

impl Contents {
    fn new(tail: Arc<TailPosition>) -> Self {
        Self { since: tail.head(), tail, events: VecDeque::new(), bytes: 0 }
    }

    /// Where the events past `position` begin; `None` where they are not all here.
    fn first_past(&self, position: &EventId) -> Option<usize> {
        let here = position.epoch == self.tail.epoch && position.sequence >= self.since;
        here.then(|| self.events.partition_point(|event| event.sequence <= position.sequence))
    }
}

impl ReplayBuffer {
    /// An empty buffer, for a subscriber's events past the tail's head. No batch may be under delivery.
    pub fn new(subscriber: Arc<Subscriber>, tail: Arc<TailPosition>) -> Self {
        Self {
            subscriber,
            streams: AtomicUsize::new(0),
            contents: Mutex::new(Contents::new(tail)),
            wake: watch::Sender::new(()),
            touched: AtomicBool::new(false),
        }
    }

    pub fn push(&self, event: EncodedEvent) {
        let mut contents = self.lock();
        contents.bytes += event.bytes.len();
        contents.events.push_back(event);
        while (contents.events.len() > EVENTS_MAX || contents.bytes > BYTES_MAX)
            && let Some(oldest) = contents.events.pop_front()
        {
            contents.bytes -= oldest.bytes.len();
            contents.since = oldest.sequence;
        }
    }

    /// Forgets all events, starts anew from the tail's head, and wakes the streams.
    pub fn restart(&self, tail: Arc<TailPosition>) {
        *self.lock() = Contents::new(tail);
        self.wake.send_replace(());
    }

    /// Puts the events past `position` into `into` and moves `position` past them: for a stream that has taken note of all starts of the
    /// tail up to `seen`.
    pub fn take(&self, position: &mut EventId, seen: &Arc<TailPosition>, into: &mut VecDeque<Bytes>) -> Recent {
        let contents = self.lock();
        if !Arc::ptr_eq(&contents.tail, seen) {
            return Recent::Restarted(contents.tail.clone());
        }
        let Some(first) = contents.first_past(position) else { return Recent::NotInMemory };
        // An event is pushed before the head moves past it, and none is pushed while the lock is held: what is not here up to the head
        // does not concern this subscriber.
        let head = contents.tail.head();
        let events = contents.events.range(first..);
        let count = events.len();
        position.sequence = position.sequence.max(head).max(contents.events.back().map_or(0, |last| last.sequence));
        into.extend(events.map(|event| event.bytes.clone()));
        if count == 0 { Recent::CaughtUp } else { Recent::Events(count) }
    }

    /// How many events lie past `position`; `None` where they are not all in memory.
    pub fn count_past(&self, position: &EventId) -> Option<usize> {
        let contents = self.lock();
        contents.first_past(position).map(|first| contents.events.len() - first)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
