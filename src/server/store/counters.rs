//! Counters, kept in the transaction that changes what they count, under the log's lock: reading a figure reads its rows, and walks nothing.
//!
//! Promise: they count what there is, whatever was refused, rolled back or cancelled. Hours go after [`HOURS_KEPT`].

use super::{database::Database, error::StoreError};
use crate::{
    model::{
        order::{Order, Status},
        stats::HourOfSales,
    },
    server::clock::rfc3339,
};
use sqlx::{AnyConnection, Row};
use std::{collections::BTreeMap, time::Duration};
use time::OffsetDateTime;

/// Orders of each status.
const ORDERS_BY_STATUS: &str = "orders_by_status";

/// Orders placed in each hour.
const ORDERS_BY_HOUR: &str = "orders_by_hour";

/// What the orders placed in each hour cost, in cents; without those that were cancelled.
const REVENUE_BY_HOUR: &str = "revenue_by_hour";

/// How much of an RFC 3339 time tells its hour: `2026-11-23T01`.
const HOUR_BYTES: usize = 13;

/// How long an hour's counters are kept: a year and some days, to be compared with.
const HOURS_KEPT: Duration = Duration::from_secs(400 * 24 * 3600);

/// What is to be added to each counter and bucket.
#[derive(Default)]
pub(super) struct Counted(BTreeMap<(&'static str, String), i64>);

impl Counted {
    /// An order that was not there before.
    pub fn added(&mut self, order: &Order) {
        self.add(ORDERS_BY_STATUS, order.status.as_str(), 1);
        self.add(ORDERS_BY_HOUR, hour(&order.placed_at), 1);
        let revenue = if order.status == Status::Cancelled { 0 } else { order.total_cents };
        self.add(REVENUE_BY_HOUR, hour(&order.placed_at), revenue);
    }

    /// An order that has got its status, and had the status `from` before.
    pub fn moved(&mut self, order: &Order, from: Status) {
        self.add(ORDERS_BY_STATUS, from.as_str(), -1);
        self.add(ORDERS_BY_STATUS, order.status.as_str(), 1);
        if order.status == Status::Cancelled {
            self.add(REVENUE_BY_HOUR, hour(&order.placed_at), -order.total_cents);
        }
    }

    fn add(&mut self, counter: &'static str, bucket: &str, value: i64) {
        *self.0.entry((counter, bucket.into())).or_default() += value;
    }

    /// Adds it all, in one statement.
    pub async fn write(&self, db: &mut AnyConnection, database: Database) -> Result<(), StoreError> {
        let rows = database.rows(&[("counter", "TEXT"), ("bucket", "TEXT"), ("value", "BIGINT")]);
        let add = format!(
            "INSERT INTO counters (counter, bucket, value) SELECT * FROM ({rows}) AS counted WHERE true \
             ON CONFLICT (counter, bucket) DO UPDATE SET value = counters.value + excluded.value"
        );
        let rows =
            self.0.iter().map(|((counter, bucket), value)| serde_json::json!({ "counter": counter, "bucket": bucket, "value": value }));
        sqlx::query(&add).bind(serde_json::to_string(&rows.collect::<Vec<_>>())?).execute(db).await?;
        Ok(())
    }
}

/// What was sold in each hour since the one that `since` (RFC 3339) is in, the oldest first; hours without a sale are left out.
pub(super) async fn sales(db: &mut AnyConnection, since: &str) -> Result<Vec<HourOfSales>, StoreError> {
    let query = format!(
        "SELECT counter, bucket, value FROM counters WHERE counter = '{ORDERS_BY_HOUR}' AND bucket >= $1 \
         UNION ALL SELECT counter, bucket, value FROM counters WHERE counter = '{REVENUE_BY_HOUR}' AND bucket >= $1"
    );
    let mut hours: BTreeMap<String, HourOfSales> = BTreeMap::new();
    for row in sqlx::query(&query).bind(hour(since)).fetch_all(db).await? {
        let (counter, hour, value): (String, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let sales = hours.entry(hour.clone()).or_insert(HourOfSales { hour, orders: 0, revenue_cents: 0 });
        match counter == ORDERS_BY_HOUR {
            true => sales.orders = value,
            false => sales.revenue_cents = value,
        }
    }
    Ok(hours.into_values().collect())
}

/// Deletes the hours that are past their time at `now`, milliseconds since 1970.
pub(super) async fn trim(db: &mut AnyConnection, now: i64) -> Result<(), StoreError> {
    let now = OffsetDateTime::from_unix_timestamp(now / 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let oldest = rfc3339(now.saturating_sub(HOURS_KEPT.try_into().unwrap_or(time::Duration::MAX)));
    for counter in [ORDERS_BY_HOUR, REVENUE_BY_HOUR] {
        let old = sqlx::query("DELETE FROM counters WHERE counter = $1 AND bucket < $2").bind(counter).bind(hour(&oldest));
        old.execute(&mut *db).await?;
    }
    Ok(())
}

/// The number of orders of each status, in the order of [`Status::ALL`].
pub(super) async fn orders_by_status(db: &mut AnyConnection) -> Result<[i64; Status::ALL.len()], StoreError> {
    let query = format!("SELECT bucket, value FROM counters WHERE counter = '{ORDERS_BY_STATUS}'");
    let mut orders = [0; Status::ALL.len()];
    for row in sqlx::query(&query).fetch_all(db).await? {
        let (status, count): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        if let Some(place) = Status::ALL.iter().position(|known| known.as_str() == status) {
            orders[place] = count;
        }
    }
    Ok(orders)
}

fn hour(time: &str) -> &str {
    time.get(..HOUR_BYTES).unwrap_or(time)
}
