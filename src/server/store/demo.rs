//! The demo's traffic, as all instances see it: until when it runs, and whose step it is.

use super::{error::StoreError, handle::Store, health::Part};
use sqlx::Row;

impl Store {
    /// Whether the traffic runs until later than `past_end` (milliseconds since 1970, as all times here).
    pub async fn traffic_runs(&self, past_end: i64) -> Result<bool, StoreError> {
        self.watched(Part::Pages, async {
            let rows = self.pages.rows(|| sqlx::query("SELECT runs_until FROM demo")).await?;
            let until: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
            Ok(until > past_end)
        })
        .await
    }

    /// Lets the traffic run until then.
    pub async fn run_traffic(&self, until: i64) -> Result<(), StoreError> {
        self.watched(Part::Writer, async {
            self.writer.execute(|| sqlx::query("UPDATE demo SET runs_until = $1, step_due = 0").bind(until)).await?;
            Ok(())
        })
        .await
    }

    /// Takes the next step of the traffic, if it runs until later than `past_end` and one is due at `now`, and puts off the one after it. Of all
    /// who ask at once, one gets it.
    pub async fn take_step(&self, past_end: i64, now: i64, next: i64) -> Result<bool, StoreError> {
        let due = "SELECT COUNT(*) FROM demo WHERE runs_until > $1 AND step_due <= $2";
        let due = self.watched(Part::Pages, self.pages.rows(|| sqlx::query(due).bind(past_end).bind(now))).await?;
        let due: i64 = due.first().map_or(Ok(0), |row| row.try_get(0))?;
        if due == 0 {
            return Ok(false);
        }
        let take = "UPDATE demo SET step_due = $3 WHERE runs_until > $1 AND step_due <= $2";
        Ok(self.watched(Part::Writer, self.writer.execute(|| sqlx::query(take).bind(past_end).bind(now).bind(next))).await? == 1)
    }
}
