//! The core's metrics. Whoever sets it up names them.

use metrics::{Counter, Gauge};

/// The metrics that the core keeps, under names that whoever sets it up gives them.
#[derive(Clone)]
pub struct Metrics {
    /// Streams that are open.
    pub streams: Gauge,
    /// Events of the log that streams have taken.
    pub events_sent: Counter,
}

impl Metrics {
    /// Metrics that are kept nowhere.
    pub fn none() -> Self {
        Self { streams: Gauge::noop(), events_sent: Counter::noop() }
    }
}
