//! The console_stats: figures and who is connected, told to staff as a frame that passes (`streams`), at most once a second and only where
//! something has changed. Nobody of staff connected, nothing is counted.

use super::{
    cluster::Presence,
    demo::Traffic,
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
use time::OffsetDateTime;

/// How often is looked whether anything has changed.
const TICK: Duration = Duration::from_secs(1);

/// What stats are made of. Clones share it.
#[derive(Clone)]
pub struct StatsCollector {
    store: Store,
    hub: Hub,
    presence: Presence,
    traffic: Option<Traffic>,
    /// Open streams at the end of each point, kept by this instance since it started; the number is the point's.
    streams_each: Arc<Mutex<VecDeque<(i64, u32)>>>,
}

impl StatsCollector {
    pub fn new(store: Store, hub: Hub, presence: Presence, traffic: Option<Traffic>) -> Self {
        Self { store, hub, presence, traffic, streams_each: Arc::default() }
    }

    /// The console_stats as it is now.
    pub async fn look(&self) -> Result<ConsoleStats, Error> {
        let mut figures = self.store.figures().await?;
        let (count, streams) = self.presence.present(STREAMS).await?;
        figures.streams = count;
        figures.streams_each = self.note_streams(count);
        let traffic = match &self.traffic {
            Some(traffic) => Some(traffic.is_on().await?),
            None => None,
        };
        Ok(ConsoleStats { figures, streams, traffic })
    }

    /// Tells staff what has changed, for as long as the program runs.
    pub async fn tell(self) {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tick.tick().await;
            self.note_streams(self.presence.streams());
            if !self.hub.has_members(STAFF) {
                continue;
            }
            // The store has logged what is wrong.
            let Ok(console_stats) = self.look().await else { continue };
            self.hub.send_ephemeral(STAFF, "streams", &serde_json::json!(console_stats).to_string());
        }
    }

    /// Keeps the present number as that of the present point; returns those of all points.
    fn note_streams(&self, now: usize) -> Vec<u32> {
        let point = OffsetDateTime::now_utc().unix_timestamp() / POINT;
        let now = u32::try_from(now).unwrap_or(u32::MAX);
        let mut kept = self.streams_each.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, _)| *of > point - POINTS as i64 && *of < point);
        kept.push_back((point, now));
        let first = point - POINTS as i64 + 1;
        let at = |point: i64| kept.iter().rev().find(|(of, _)| *of <= point).map_or(0, |(_, count)| *count);
        (first..=point).map(at).collect()
    }
}
