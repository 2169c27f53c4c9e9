//! What a subscriber's streams share: the subscriber's recent events.

use super::{
    super::{Subscriber, wire::EncodedEvent},
    batch::Batch,
    cursor::Cursor,
    ephemeral::Latest,
    tail_position::TailPosition,
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// Events kept in memory for each connected subscriber. A stream that is further behind reads the log.
pub const EVENTS_MAX: usize = 64;

/// Bytes of them, at most.
const BYTES_MAX: usize = 64 * 1024;

/// The recent events of one subscriber.
pub struct ReplayBuffer {
    pub subscriber: Arc<Subscriber>,
    /// The ephemeral events of the subscriber's groups.
    ephemeral: Vec<Arc<Latest>>,
    contents: Mutex<Contents>,
}

struct Contents {
    tail: Arc<TailPosition>,
    /// The events are all of this subscriber's past this sequence, and up to the tail's head.
    since: i64,
    events: VecDeque<EncodedEvent>,
    bytes: usize,
    /// How many were pushed by the batch under delivery.
    pushed: usize,
}

/// What a stream finds in memory.
pub enum Recent {
    /// So many events.
    Events(usize),
    /// There is nothing past the cursor.
    CaughtUp,
    /// The cursor is older than what is kept here, or ahead of it: the stream reads from the log.
    NotInMemory,
    /// The tail has started anew and passed over a part of the log. Nothing is taken until the cursor has seen this start.
    Restarted(Arc<TailPosition>),
}

impl Contents {
    fn new(tail: Arc<TailPosition>) -> Self {
        Self { since: tail.head(), tail, events: VecDeque::new(), bytes: 0, pushed: 0 }
    }

    /// Where the events past the cursor begin; `None` where they are not all here.
    fn first_past(&self, cursor: &Cursor) -> Option<usize> {
        let here = cursor.epoch == self.tail.epoch && cursor.sequence >= self.since;
        here.then(|| self.events.partition_point(|event| event.sequence <= cursor.sequence))
    }
}

impl ReplayBuffer {
    /// An empty buffer, for a subscriber's events past the tail's head. No batch may be under delivery.
    pub fn new(subscriber: Arc<Subscriber>, ephemeral: Vec<Arc<Latest>>, tail: Arc<TailPosition>) -> Self {
        Self { subscriber, ephemeral, contents: Mutex::new(Contents::new(tail)) }
    }

    /// Puts an event of the batch under delivery into the buffer. Returns whether it is the batch's first here.
    pub fn push(&self, event: EncodedEvent) -> bool {
        let mut contents = self.lock();
        contents.bytes += event.bytes.len();
        contents.events.push_back(event);
        contents.pushed += 1;
        while (contents.events.len() > EVENTS_MAX || contents.bytes > BYTES_MAX)
            && let Some(oldest) = contents.events.pop_front()
        {
            contents.bytes -= oldest.bytes.len();
            contents.since = oldest.sequence;
        }
        contents.pushed == 1
    }

    /// The batch under delivery, once all of it has been pushed; as much of it as is kept.
    pub fn batch(&self, through: i64) -> Batch {
        let mut contents = self.lock();
        let kept = std::mem::take(&mut contents.pushed).min(contents.events.len());
        let begins = contents.events.len() - kept;
        let after = if begins == 0 { contents.since } else { contents.events[begins - 1].sequence };
        let first = contents.events.get(begins).map_or(after, |event| event.sequence);
        let events = contents.events.range(begins..).map(|event| event.bytes.clone()).collect();
        Batch { tail: contents.tail.clone(), after, first, events, through, framed: OnceLock::new() }
    }

    /// Forgets all events, and starts anew from the tail's head.
    pub fn restart(&self, tail: Arc<TailPosition>) {
        *self.lock() = Contents::new(tail);
    }

    /// Takes the events past the cursor into `into`, and moves the cursor past them; nothing for a cursor that has not seen the tail's last
    /// start.
    pub fn take(&self, cursor: &mut Cursor, into: &mut VecDeque<Bytes>) -> Recent {
        let contents = self.lock();
        if !Arc::ptr_eq(&contents.tail, &cursor.seen) {
            return Recent::Restarted(contents.tail.clone());
        }
        let Some(first) = contents.first_past(cursor) else { return Recent::NotInMemory };
        // An event is pushed before the head moves past it, and none is pushed while the lock is held: what is not here up to the head
        // does not concern this subscriber.
        let head = contents.tail.head();
        let events = contents.events.range(first..);
        let count = events.len();
        cursor.sequence = cursor.sequence.max(head).max(contents.events.back().map_or(0, |last| last.sequence));
        into.extend(events.map(|event| event.bytes.clone()));
        if count == 0 { Recent::CaughtUp } else { Recent::Events(count) }
    }

    /// How many events lie past the cursor; `None` where they are not all in memory.
    pub fn count_past(&self, cursor: &Cursor) -> Option<usize> {
        let contents = self.lock();
        contents.first_past(cursor).map(|first| contents.events.len() - first)
    }

    /// The first ephemeral event of the subscriber's groups past that number.
    pub fn ephemeral_past(&self, number: u64) -> Option<(u64, Bytes)> {
        self.ephemeral.iter().filter_map(|latest| latest.past(number)).min_by_key(|(number, _)| *number)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
