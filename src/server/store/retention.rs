//! What is kept for how long. Age is measured by the log's retention clock: it grows with the database's own clock, so that instances
//! whose clocks differ agree, but only by a few minutes at once (`log_state.rs`), so that a clock which jumps ahead trims nobody's history
//! and what was written meanwhile is not kept for ever. While nothing is served, nothing ages.
//!
//! Promise: what goes goes a little at a time, found by an index; writers wait for no longer than one such step takes.

use super::{counters, error::StoreError, handle::Store, health::Part};
use crate::server::clock::millis;
use std::time::Duration;

/// Rows that one step deletes.
const STEP: i64 = 1_000;

impl Store {
    /// Deletes events older than `history`, with the pushes' keys that they bear. Returns how many went.
    pub async fn trim(&self, history: Duration) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            let step = self.watched(Part::Writer, self.trim_step(history)).await?;
            gone += step;
            if step == 0 {
                return Ok(gone);
            }
        }
    }

    async fn trim_step(&self, history: Duration) -> Result<u64, StoreError> {
        let mut change = self.change().await?;
        let cutoff = change.log.clock.saturating_sub(millis(history));
        // The clock never goes back within a log, so what is old is a run from the floor.
        let newest_old = "SELECT COALESCE(MAX(sequence), -1) FROM events WHERE clock < $1 AND sequence > $2 AND sequence <= $3";
        let newest_old = sqlx::query_scalar(newest_old).bind(cutoff).bind(change.log.floor).bind(change.log.floor + STEP);
        let floor: i64 = newest_old.fetch_one(change.db()).await?;
        let mut gone = 0;
        if floor > change.log.floor {
            gone = sqlx::query("DELETE FROM events WHERE sequence <= $1").bind(floor).execute(change.db()).await?.rows_affected();
            change.log.floor = floor;
        }
        // Written also where nothing goes: it lets the clock go on while nobody writes.
        let written = async {
            let now = change.log.clock_read_at;
            counters::trim(change.db(), now).await?;
            change.trim_points().await?;
            change.write_log().await
        };
        let written = written.await;
        change.finish(written.map(|()| gone)).await
    }

    /// Deletes notifications older than `age`, and who has read them. Returns how many went.
    pub async fn trim_notifications(&self, age: Duration) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            let step = self.watched(Part::Writer, self.trim_notifications_step(age)).await?;
            gone += step;
            if step == 0 {
                return Ok(gone);
            }
        }
    }

    async fn trim_notifications_step(&self, age: Duration) -> Result<u64, StoreError> {
        let mut change = self.change().await?;
        let old = change.database().among(&format!("SELECT id FROM notifications WHERE clock < $1 ORDER BY clock, id LIMIT {STEP}"));
        let cutoff = change.log.clock.saturating_sub(millis(age));
        let reads = format!("DELETE FROM notification_reads WHERE notification_id {old}");
        sqlx::query(&reads).bind(cutoff).execute(change.db()).await?;
        let rows = format!("DELETE FROM notifications WHERE id {old}");
        let gone = sqlx::query(&rows).bind(cutoff).execute(change.db()).await?.rows_affected();
        change.finish(Ok(gone)).await
    }
}
