//! Housekeeping: events and notifications past their time, flashes that nobody came for and expired sessions are deleted in the background, and
//! the limits forget what is made up for.

use super::{
    http::{limits::RequestLimits, sessions::Sessions},
    store::Store,
};
use std::time::Duration;

/// How often it runs, at least.
const INTERVAL: Duration = Duration::from_secs(60);

/// Runs for as long as the program does. What fails is logged, and tried again the next time.
pub async fn run(store: Store, sessions: Sessions, limits: RequestLimits, history: Duration, notifications: Duration) {
    let mut tick = tokio::time::interval(INTERVAL.min(history));
    loop {
        tick.tick().await;
        match store.trim(history).await {
            Ok(0) => {}
            Ok(events) => {
                metrics::counter!("orderwire_events_trimmed_total").increment(events);
                tracing::info!(events, "trimmed the log");
            }
            Err(error) => tracing::warn!(%error, "the log was not trimmed"),
        }
        match store.trim_notifications(notifications).await {
            Ok(0) => {}
            Ok(notifications) => tracing::info!(notifications, "deleted old notifications"),
            Err(error) => tracing::warn!(%error, "old notifications were not deleted"),
        }
        if let Err(error) = store.trim_flashes().await {
            tracing::warn!(%error, "flashes that nobody came for were not deleted");
        }
        sessions.delete_expired().await;
        limits.forget();
        metrics::counter!("orderwire_housekeeping_runs_total").increment(1);
    }
}
