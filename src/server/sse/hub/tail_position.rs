//! How far the log tail has delivered since it last started anew.

use super::super::{Bounds, EventId};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// An epoch, and the sequence up to which each event is in the replay buffers of those it concerns.
///
/// The tail starts anew where the log does not go on from where it was read to; that makes a new object. So two of them are the same one
/// (`Arc::ptr_eq`) if and only if the tail has passed over nothing in between.
#[derive(Debug)]
pub struct TailPosition {
    pub epoch: Arc<str>,
    head: AtomicI64,
}

impl TailPosition {
    /// Starts at the head of a log with these bounds.
    pub fn new(bounds: &Bounds) -> Self {
        Self { epoch: bounds.epoch.as_str().into(), head: AtomicI64::new(bounds.head) }
    }

    pub fn head(&self) -> i64 {
        self.head.load(Ordering::Acquire)
    }

    /// To be called after the replay buffers have got the events.
    pub fn advance(&self, head: i64) {
        self.head.store(head, Ordering::Release);
    }

    /// The position as an event id.
    pub fn id(&self) -> EventId {
        EventId { epoch: self.epoch.as_ref().into(), sequence: self.head() }
    }
}
