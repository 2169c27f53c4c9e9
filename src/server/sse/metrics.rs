//! The port to metrics: what the core counts. Whoever sets it up gives the metrics their names, or passes `()` and keeps none.

use super::{CloseReason, ResyncReason};
use std::time::Duration;

/// From where a stream has taken events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The subscriber's replay buffer: live, or a little behind.
    Memory,
    /// The log: what a reader had missed.
    Log,
}

/// What has made the tail read the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A notification of a commit.
    Notification,
    /// None came for a while, or there was more to read.
    Poll,
}

/// Takes what the core counts. Each function is called on the way of the events: it must not wait.
pub trait Metrics: Send + Sync + 'static {
    /// So many streams are open.
    fn streams(&self, _open: usize) {}

    /// A stream has opened.
    fn opened(&self) {}

    /// A stream has ended: for this reason, or because its reader left or took nothing any more.
    fn ended(&self, _reason: Option<CloseReason>) {}

    /// A stream has taken so many events of the log.
    fn sent(&self, _events: usize, _source: Source) {}

    /// A reader's cursor could not be served.
    fn resync(&self, _reason: ResyncReason) {}

    /// The tail has read the log, whose head was so many events past its position. What it read reached the streams so long after it was woken.
    fn tail_read(&self, _cause: Cause, _behind: u64, _delay: Duration) {}
}

impl Metrics for () {}
