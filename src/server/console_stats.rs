//! Console stats: figures and presence for the staff console, sent as the ephemeral event `streams`, at most once a second and only when
//! they have changed. While no staff stream is open, nothing is collected. Pages and streams that want them at the same time share one
//! computation.

use super::{
    clock::epoch_ms,
    cluster::Presence,
    demo_traffic::Traffic,
    single_flight::SingleFlight,
    sse::Hub,
    store::{STAFF, Store},
};
use crate::model::{
    error::Error,
    stats::{ConsoleStats, POINT, POINTS, STREAMS},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How often stats are collected.
const INTERVAL: Duration = Duration::from_secs(1);

/// Collects console stats. Clones share it.
#[derive(Clone)]
pub struct StatsCollector {
    store: Store,
    hub: Hub,
    presence: Presence,
    traffic: Option<Traffic>,
    collected: SingleFlight<Result<ConsoleStats, Error>>,
    /// Open streams at the end of each point (number of the point, streams), since this instance started.
    streams_each: Arc<Mutex<VecDeque<(i64, u32)>>>,
}

impl StatsCollector {
    pub fn new(store: Store, hub: Hub, presence: Presence, traffic: Option<Traffic>) -> Self {
        Self { store, hub, presence, traffic, collected: SingleFlight::default(), streams_each: Arc::default() }
    }

    /// The stats now.
    pub async fn collect(&self) -> Result<ConsoleStats, Error> {
        self.collected.get(self.compute()).await
    }

    async fn compute(&self) -> Result<ConsoleStats, Error> {
        let mut figures = self.store.figures().await?;
        let (count, streams) = self.presence.newest(STREAMS).await?;
        figures.streams = count;
        figures.streams_each = self.record_streams(count);
        let traffic = match &self.traffic {
            Some(traffic) => Some(traffic.is_on().await?),
            None => None,
        };
        Ok(ConsoleStats { figures, streams, traffic })
    }

    /// Sends the stats to staff streams, for as long as the program runs.
    pub async fn publish(self) {
        let mut tick = tokio::time::interval(INTERVAL);
        loop {
            tick.tick().await;
            self.record_streams(self.presence.stream_count());
            if !self.hub.has_members(STAFF) {
                continue;
            }
            // The store has logged it.
            let Ok(stats) = self.collect().await else { continue };
            self.hub.send_ephemeral(STAFF, "streams", &serde_json::json!(stats).to_string());
        }
    }

    /// Records the number of open streams for the current point; returns that of every point.
    fn record_streams(&self, streams: usize) -> Vec<u32> {
        let current = epoch_ms() / 1_000 / POINT;
        let first = current - POINTS as i64 + 1;
        let streams = u32::try_from(streams).unwrap_or(u32::MAX);
        let mut recorded = self.streams_each.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.retain(|(point, _)| (first..current).contains(point));
        recorded.push_back((current, streams));
        let at = |point: i64| recorded.iter().rev().find(|(of, _)| *of <= point).map_or(0, |(_, count)| *count);
        (first..=current).map(at).collect()
    }
}
