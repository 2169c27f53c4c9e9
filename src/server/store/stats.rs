//! Figures for the staff's console, read from counters: true after a restart, and for all instances, and as quick in a large shop as in a
//! small one.

use super::{counters, error::StoreError, handle::Store, health::Part};
use crate::{
    model::stats::{Figures, HourOfSales, POINT, POINTS},
    server::clock::now,
};
use sqlx::{AnyConnection, Row};
use std::collections::HashMap;

/// How much of an RFC 3339 time tells its day.
const DAY_BYTES: usize = 10;

impl Store {
    /// All figures but those of streams.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let figures = Figures {
                orders: counters::orders_by_status(moment.db()).await?,
                revenue_cents: counters::revenue_since(moment.db(), &now()[..DAY_BYTES]).await?,
                events_each: events_each(moment.db(), self.database.clock()).await?,
                ..Figures::default()
            };
            moment.end().await?;
            Ok(figures)
        })
        .await
    }

    /// What was sold in each hour since the one that `since` (RFC 3339) is in, the oldest first; hours without a sale are left out.
    pub async fn sales(&self, since: &str) -> Result<Vec<HourOfSales>, StoreError> {
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let sales = counters::sales(moment.db(), since).await?;
            moment.end().await?;
            Ok(sales)
        })
        .await
    }
}

/// Events in each point up to the current one. Sequences have no gaps, so the log's heads at the points' beginnings tell them.
async fn events_each(db: &mut AnyConnection, clock: &str) -> Result<Vec<u32>, StoreError> {
    let state = format!("SELECT head, {clock} / {} FROM log", POINT * 1_000);
    let state = sqlx::query(&state).fetch_one(&mut *db).await?;
    let (mut head, current): (i64, i64) = (state.try_get(0)?, state.try_get(1)?);
    let first = current - POINTS as i64 + 1;
    let heads = sqlx::query("SELECT point, head FROM event_points WHERE point >= $1 AND point <= $2").bind(first).bind(current);
    let rows = heads.fetch_all(db).await?;
    let heads = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<HashMap<i64, i64>, sqlx::Error>>()?;
    let mut each: Vec<_> = (first..=current)
        .rev()
        .map(|point| {
            // Where the clock was set back, an earlier point may have a later head.
            let begin = heads.get(&point).map_or(head, |begin| head.min(*begin));
            u32::try_from(std::mem::replace(&mut head, begin) - begin).unwrap_or(u32::MAX)
        })
        .collect();
    each.reverse();
    Ok(each)
}
