//! The cursor of one stream: where it stands in the log.
//!
//! Promise: the cursor moves past an event in the same step that takes the event for delivery, so each event is taken once. It is moved by
//! whoever has the turn ([`super::Connection`]), the stream or the hub.

use super::{super::EventId, tail_position::TailPosition};
use std::sync::Arc;

/// Where a stream stands in the log.
pub struct Cursor {
    /// The tail's own, where it is the same: there may be ten thousand cursors.
    pub epoch: Arc<str>,
    pub sequence: i64,
    /// The last start of the tail that the stream has taken note of: it has checked its session and its position since.
    pub seen: Arc<TailPosition>,
}

impl Cursor {
    /// At the position of the tail.
    pub fn new(tail: Arc<TailPosition>) -> Self {
        Self { epoch: tail.epoch.clone(), sequence: tail.head(), seen: tail }
    }

    /// Where it stands, as an event id.
    pub fn id(&self) -> EventId {
        EventId { epoch: self.epoch.as_ref().into(), sequence: self.sequence }
    }

    /// Moves it.
    pub fn advance(&mut self, to: &EventId) {
        self.sequence = to.sequence;
        if *self.epoch != *to.epoch {
            let of_tail = *self.seen.epoch == *to.epoch;
            self.epoch = if of_tail { self.seen.epoch.clone() } else { to.epoch.as_str().into() };
        }
    }

    /// Whether the stream has taken all of its subscriber's events up to `after`, and none past it that lies before `next`; all since the
    /// start `tail`.
    pub fn is_between(&self, tail: &Arc<TailPosition>, after: i64, next: i64) -> bool {
        // The same object where the tail's: a comparison of addresses, and not a look at another place in memory.
        let in_epoch = Arc::ptr_eq(&self.epoch, &tail.epoch) || self.epoch == tail.epoch;
        Arc::ptr_eq(&self.seen, tail) && in_epoch && (after..next).contains(&self.sequence)
    }
}
