//! What is kept for how long. Age is measured by the log's retention clock: it grows with the database's own clock, so that instances
//! whose clocks differ agree, but only by a few minutes at once (`transaction.rs`), so that a clock which jumps ahead trims nobody's history
//! and what was written meanwhile is not kept for ever. While nothing is served, nothing ages.
//!
//! Promise: what goes goes a little at a time; writers wait for no longer than one such step takes.

use super::{error::StoreError, handle::Store, health::Part};
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
        let newest_old = "SELECT COALESCE(MAX(sequence), -1) FROM events WHERE clock < $1 AND sequence <= $2";
        let newest_old = sqlx::query_scalar(newest_old).bind(cutoff).bind(change.log.floor + STEP);
        let floor: i64 = newest_old.fetch_one(change.db()).await?;
        let mut gone = 0;
        if floor > change.log.floor {
            gone = sqlx::query("DELETE FROM events WHERE sequence <= $1").bind(floor).execute(change.db()).await?.rows_affected();
            change.log.floor = floor;
        }
        // Written also where nothing goes: it lets the clock go on while nobody writes.
        let written = change.write_log().await;
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
        const OLD: &str = "SELECT id FROM notifications WHERE clock < $1 ORDER BY clock, id LIMIT $2";
        let mut change = self.change().await?;
        let cutoff = change.log.clock.saturating_sub(millis(age));
        let reads = format!("DELETE FROM notification_reads WHERE notification_id IN ({OLD})");
        sqlx::query(&reads).bind(cutoff).bind(STEP).execute(change.db()).await?;
        let rows = format!("DELETE FROM notifications WHERE id IN ({OLD})");
        let gone = sqlx::query(&rows).bind(cutoff).bind(STEP).execute(change.db()).await?.rows_affected();
        change.finish(Ok(gone)).await
    }
}
