//! Figures for the staff's console, read from counters: true after a restart, and for all instances, and as quick in a large shop as in a
//! small one.

use super::{counters, error::StoreError, handle::Store, health::Part};
use crate::{
    model::stats::{Figures, HOURS, HourOfSales, POINT, POINTS},
    server::clock::rfc3339,
};
use sqlx::{AnyConnection, Row};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};

/// How much of an RFC 3339 time tells its day: `2026-11-23`.
const DAY_BYTES: usize = 10;

impl Store {
    /// All figures but those of streams.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        self.watched(Part::Pages, async {
            let now = OffsetDateTime::now_utc();
            let mut moment = self.moment(&self.pages).await?;
            let sales = counters::sales(moment.db(), &rfc3339(now - Duration::hours(HOURS - 1))).await?;
            let figures = Figures {
                orders: counters::orders_by_status(moment.db()).await?,
                events_each: events_each(moment.db(), self.database.clock()).await?,
                ..sold(&sales, now)
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

/// The figures of what was sold in the last [`HOURS`]: today's are among them.
fn sold(sales: &[HourOfSales], now: OffsetDateTime) -> Figures {
    let today = &rfc3339(now)[..DAY_BYTES];
    let of_hour = |ago| {
        let time = rfc3339(now - Duration::hours(ago));
        sales.iter().find(|sold| time.starts_with(&sold.hour))
    };
    let by_hour = |count: fn(&HourOfSales) -> i64| {
        let of_hour = |ago| of_hour(ago).map_or(0, |sold| u32::try_from(count(sold)).unwrap_or(u32::MAX));
        (0..HOURS).rev().map(of_hour).collect()
    };
    Figures {
        revenue_cents: sales.iter().filter(|sold| sold.hour.as_str() >= today).map(|sold| sold.revenue_cents).sum(),
        orders_by_hour: by_hour(|sold| sold.orders),
        revenue_by_hour: by_hour(|sold| sold.revenue_cents),
        ..Figures::default()
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

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn hours_without_a_sale_are_zero_and_today_begins_at_midnight() {
        let sales = [
            ("2026-11-25T14", 1, 100),
            ("2026-11-25T15", 2, 200),
            ("2026-11-25T23", 3, 300),
            ("2026-11-26T14", 4, i64::from(u32::MAX) + 1),
        ];
        let sales = sales.map(|(hour, orders, revenue_cents)| HourOfSales { hour: hour.into(), orders, revenue_cents });
        let figures = sold(&sales, datetime!(2026-11-26 14:59:59 UTC));
        assert_eq!(figures.revenue_cents, i64::from(u32::MAX) + 1);
        let mut orders = [0; HOURS as usize];
        (orders[0], orders[8], orders[23]) = (2, 3, 4);
        assert_eq!(figures.orders_by_hour, orders);
        assert_eq!((figures.revenue_by_hour[8], figures.revenue_by_hour[23]), (300, u32::MAX));
    }
}
