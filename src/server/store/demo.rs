//! The demo's traffic, as all instances see it: until when it runs, and whose step it is.

use super::Store;
use crate::model::error::Error;

impl Store {
    /// Whether the traffic runs at `now` (milliseconds since 1970, as all times here).
    pub async fn traffic_runs(&self, now: i64) -> Result<bool, Error> {
        let until: i64 = sqlx::query_scalar("SELECT runs_until FROM demo").fetch_one(&self.reader).await?;
        Ok(until > now)
    }

    /// Lets the traffic run until then.
    pub async fn run_traffic(&self, until: i64) -> Result<(), Error> {
        sqlx::query("UPDATE demo SET runs_until = $1, step_due = 0").bind(until).execute(&self.writer).await?;
        Ok(())
    }

    /// Takes the next step of the traffic, if one is due at `now`, and puts off the one after it. Of all who ask at once, one gets it.
    pub async fn take_step(&self, now: i64, next: i64) -> Result<bool, Error> {
        let due = "SELECT COUNT(*) FROM demo WHERE runs_until > $1 AND step_due <= $1";
        let due: i64 = sqlx::query_scalar(due).bind(now).fetch_one(&self.reader).await?;
        if due == 0 {
            return Ok(false);
        }
        let take = "UPDATE demo SET step_due = $2 WHERE runs_until > $1 AND step_due <= $1";
        Ok(sqlx::query(take).bind(now).bind(next).execute(&self.writer).await?.rows_affected() == 1)
    }
}
