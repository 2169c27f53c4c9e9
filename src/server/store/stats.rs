//! Figures for the staff's console, counted where the orders and the events are: true after a restart, and for all instances.

use super::{error::StoreError, handle::Store, health::Part};
use crate::{
    model::{
        order::Status,
        stats::{Figures, POINT, POINTS},
    },
    server::clock::{before_now, now, rfc3339},
};
use sqlx::Row;
use std::time::Duration;
use time::OffsetDateTime;

/// How much of a time of the log tells its point: `2026-11-23T01:54:2`, ten seconds.
const POINT_DIGITS: i64 = 18;

impl Store {
    /// All figures but those of streams.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let mut figures = Figures::default();
            for row in sqlx::query("SELECT status, COUNT(*) FROM orders GROUP BY status").fetch_all(moment.db()).await? {
                let (status, count): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
                if let Some(place) = Status::ALL.iter().position(|known| known.as_str() == status) {
                    figures.orders[place] = count;
                }
            }
            let revenue =
                "SELECT CAST(COALESCE(SUM(total_cents), 0) AS BIGINT) FROM orders WHERE placed_at >= $1 AND status <> 'cancelled'";
            figures.revenue_cents = sqlx::query_scalar(revenue).bind(&now()[..10]).fetch_one(moment.db()).await?;
            figures.events_each = vec![0; POINTS];
            let points = points(OffsetDateTime::now_utc());
            let each = "SELECT substr(committed_at, 1, CAST($1 AS INTEGER)), COUNT(*) FROM events WHERE committed_at >= $2 GROUP BY 1";
            let since = before_now(Duration::from_secs(POINT.unsigned_abs()) * POINTS as u32);
            for row in sqlx::query(each).bind(POINT_DIGITS).bind(since).fetch_all(moment.db()).await? {
                let (point, count): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
                if let Some(place) = points.iter().position(|known| *known == point) {
                    figures.events_each[place] = u32::try_from(count).unwrap_or(u32::MAX);
                }
            }
            moment.end().await?;
            Ok(figures)
        })
        .await
    }
}

/// The beginnings of the times of each point, the oldest first; the last is `now`'s.
fn points(now: OffsetDateTime) -> Vec<String> {
    let back = |place: usize| time::Duration::seconds(POINT * (POINTS - 1 - place) as i64);
    (0..POINTS).map(|place| rfc3339(now - back(place)).chars().take(POINT_DIGITS as usize).collect()).collect()
}
