//! Snapshots: what a page shows at one position in the log. A page's state starts as a snapshot; events past its cursor update it.

use crate::model::{
    event::EventId,
    notification::Notification,
    order::{Order, Status},
    stats::ConsoleStats,
    user::User,
};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

pub use crate::model::filter::Filter;

/// Orders on one page; older ones are on the next.
pub const ORDERS_PER_PAGE: usize = 100;

/// Notifications on one page; older ones are not shown.
pub const NOTIFICATIONS_PER_PAGE: usize = 30;

/// The longest search text, in characters.
pub const SEARCH_MAX: usize = 100;

/// Orders that a tally counts to; one more stands for any number beyond.
pub const TALLY_MAX: usize = 1_000;

/// How many orders of each status match a search, in the order of [`Status::ALL`]; each up to [`TALLY_MAX`], and one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tallies(pub [i64; Status::ALL.len()]);

/// A tally in words: `7`, or `1,000+`.
pub fn tally(count: i64) -> String {
    match count.cmp(&(TALLY_MAX as i64)) {
        Ordering::Less => count.to_string(),
        Ordering::Equal => "1,000".into(),
        Ordering::Greater => "1,000+".into(),
    }
}

/// Orders before a page's first one that are counted; one more stands for any number beyond.
pub const PLACES_MAX: usize = 10_000;

/// Orders in a CSV file; older ones are left out.
pub const CSV_ORDERS_MAX: usize = 10_000;

/// All that a page of `user` shows at `cursor`. Orders stand as the filter sorts them, notifications newest
/// first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The position: every event up to here is in it, none after.
    pub cursor: EventId,
    pub user: User,
    pub orders: Vec<Order>,
    /// The filter that the orders were chosen by.
    pub filter: Filter,
    /// Whether orders that match the filter stand behind the last one.
    pub older: bool,
    /// How many stand before the first one; up to [`PLACES_MAX`], and one more.
    #[serde(default)]
    pub places: i64,
    /// For staff who search, or look at some days only: how many orders of each status match that.
    #[serde(default)]
    pub tallies: Option<Tallies>,
    pub notifications: Vec<Notification>,
    /// The number of unread notifications, shown here or not; at most [`UNREAD_MAX`](crate::model::notification::UNREAD_MAX).
    pub unread: i64,
    /// For staff only.
    pub console_stats: Option<ConsoleStats>,
    /// The stream's keep-alive: a page that receives nothing for much longer opens its stream again.
    pub keep_alive_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_says_where_it_stopped() {
        assert_eq!([0, 999, 1_000, 1_001].map(tally), ["0", "999", "1,000", "1,000+"]);
    }
}
