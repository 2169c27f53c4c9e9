//! The numbers of the orders that were placed on some days. Numbers are given in the order in which orders are placed, so days are a range of
//! numbers; its ends are found by bisection along the index of numbers, which a filter by day then needs alone.
//!
//! Where a clock was set back, or those of several instances differ, an order may be counted to the day before or after, by as much.

use super::error::StoreError;
use sqlx::{AnyConnection, Row};
use std::ops::Range;

/// The numbers from the first order of the day `from` to the last one of the day `to`; either may be empty. `last_number`: no order has a
/// higher one.
pub(super) async fn numbers_of_days(db: &mut AnyConnection, from: &str, to: &str, last_number: i64) -> Result<Range<i64>, StoreError> {
    let start = if from.is_empty() { 0 } else { first(db, last_number, |time| time >= from).await? };
    // Any time of that day begins with it, and goes on with a `T`.
    let next_day = format!("{to}~");
    let end = if to.is_empty() { i64::MAX } else { first(db, last_number, |time| time >= next_day.as_str()).await? };
    Ok(start..end)
}

/// The number from which on orders were placed late enough; the next one to be given, where none was.
async fn first(db: &mut AnyConnection, last_number: i64, is_late_enough: impl Fn(&str) -> bool) -> Result<i64, StoreError> {
    const QUERY: &str = "SELECT number, placed_at FROM orders WHERE number >= $1 ORDER BY number LIMIT 1";
    let (mut low, mut high) = (0, last_number + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let order = sqlx::query(QUERY).bind(middle).fetch_optional(&mut *db).await?;
        match order.map(|order| Ok::<(i64, String), sqlx::Error>((order.try_get(0)?, order.try_get(1)?))).transpose()? {
            Some((number, placed_at)) if !is_late_enough(&placed_at) => low = number + 1,
            // Between the middle and the order that was found there is none.
            _ => high = middle,
        }
    }
    Ok(low)
}
