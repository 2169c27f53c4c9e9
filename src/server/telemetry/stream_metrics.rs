//! The streaming core's metrics, under their names in the catalogue.

use crate::server::sse::{Cause, CloseReason, Metrics, ResyncReason, Source};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use std::time::Duration;

/// The metrics of the event streams. Handles are made once: looking a metric up by its name costs more than what is counted.
pub struct StreamMetrics {
    streams: Gauge,
    opened: Counter,
    ended: [Counter; 4],
    sent_from_memory: Counter,
    sent_from_log: Counter,
    tail_notified: Counter,
    tail_polled: Counter,
    tail_batch: Gauge,
    delivery: Histogram,
}

impl StreamMetrics {
    /// The metrics of an instance that may hold `limit` streams.
    pub fn new(limit: usize) -> Self {
        gauge!("orderwire_streams_limit").set(limit as f64);
        let ended = ["client", "session", "stopping", "closed"];
        Self {
            streams: gauge!("orderwire_streams"),
            opened: counter!("orderwire_streams_opened_total"),
            ended: ended.map(|reason| counter!("orderwire_streams_ended_total", "reason" => reason)),
            sent_from_memory: counter!("orderwire_events_sent_total", "source" => "memory"),
            sent_from_log: counter!("orderwire_events_sent_total", "source" => "log"),
            tail_notified: counter!("orderwire_tail_reads_total", "cause" => "notification"),
            tail_polled: counter!("orderwire_tail_reads_total", "cause" => "poll"),
            tail_batch: gauge!("orderwire_tail_batch_events"),
            delivery: histogram!("orderwire_delivery_seconds"),
        }
    }
}

impl Metrics for StreamMetrics {
    fn streams(&self, open: usize) {
        self.streams.set(open as f64);
    }

    fn opened(&self) {
        self.opened.increment(1);
    }

    fn ended(&self, reason: Option<CloseReason>) {
        let place = match reason {
            None => 0,
            Some(CloseReason::SessionEnded) => 1,
            Some(CloseReason::Stopping(_)) => 2,
            Some(CloseReason::Requested) => 3,
        };
        self.ended[place].increment(1);
    }

    fn sent(&self, events: usize, source: Source) {
        match source {
            Source::Memory => self.sent_from_memory.increment(events as u64),
            Source::Log => self.sent_from_log.increment(events as u64),
        }
    }

    fn resync(&self, reason: ResyncReason) {
        let reason = match reason {
            ResyncReason::Unreadable => "unreadable",
            ResyncReason::OtherEpoch => "other_epoch",
            ResyncReason::PastHead => "past_head",
            ResyncReason::Trimmed => "trimmed",
        };
        counter!("orderwire_resyncs_total", "reason" => reason).increment(1);
    }

    fn tail_read(&self, cause: Cause, behind: u64, delay: Duration) {
        match cause {
            Cause::Notification => self.tail_notified.increment(1),
            Cause::Poll => self.tail_polled.increment(1),
        }
        self.tail_batch.set(behind as f64);
        self.delivery.record(delay);
    }
}
