//! Snapshots: what a page shows at one position in the log. A page's state starts as a snapshot; events past its cursor update it.

use crate::model::{
    event::EventId,
    notification::Notification,
    order::{Order, Status},
    stats::ConsoleStats,
    user::User,
};
use leptos_router::location::Url;
use serde::{Deserialize, Serialize};

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
pub struct Tallies(pub [i64; Status::ALL.len()]);

/// A tally in words: `7`, or `1,000+`.
pub fn tally(count: i64) -> String {
    if count > TALLY_MAX as i64 { "1,000+".into() } else { count.to_string() }
}

/// All that a page of `user` shows at `cursor`. Orders and notifications stand newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The position: every event up to here is in it, none after.
    pub cursor: EventId,
    pub user: User,
    pub orders: Vec<Order>,
    /// The filter that the orders were chosen by.
    pub filter: Filter,
    /// Whether older orders match the filter.
    pub older: bool,
    pub notifications: Vec<Notification>,
    /// The number of unread notifications, shown here or not; at most [`UNREAD_MAX`](crate::model::notification::UNREAD_MAX).
    pub unread: i64,
    /// For staff only.
    pub console_stats: Option<ConsoleStats>,
    /// The stream's keep-alive: a page that receives nothing for much longer opens its stream again.
    pub keep_alive_ms: u64,
}

/// Which orders a page shows, from the query of its address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Only orders numbered below this one (an older page); `None` for the newest, where new orders come in on top.
    pub before: Option<i64>,
    pub status: Option<Status>,
    /// The beginning of an order number or of the customer's name, or a part of a product's name; empty for all.
    pub search: String,
    /// Set by the store, where the names of too many customers begin with the search: it finds the customer of that name only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_full_name: bool,
}

impl Filter {
    /// Whether `order` matches status and search (`before` aside). The store's queries do the same by indexes.
    pub fn matches(&self, order: &Order) -> bool {
        // Names are written in ASCII.
        let search = self.search.to_ascii_lowercase();
        let of_customer = match self.by_full_name {
            true => order.customer == search,
            false => order.customer.starts_with(&search),
        };
        self.status.is_none_or(|status| status == order.status)
            && (of_customer
                || order.number.to_string().starts_with(&search)
                || order.items.iter().any(|item| contains(&item.name.to_ascii_lowercase(), &search)))
    }

    /// The address's query: `?status=placed&q=mug`, or `?` alone for the newest orders of all.
    pub fn query(&self) -> String {
        let status = self.status.map(|status| format!("status={}", status.as_str()));
        let search = (!self.search.is_empty()).then(|| format!("q={}", Url::escape(&self.search)));
        let before = self.before.map(|before| format!("before={before}"));
        let parts: Vec<_> = [status, search, before].into_iter().flatten().collect();
        format!("?{}", parts.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_escaped_for_an_address() {
        let filter = Filter { before: Some(7), status: Some(Status::Placed), search: "a&b ü".into(), ..Filter::default() };
        assert_eq!(filter.query(), "?status=placed&q=a%26b%20%C3%BC&before=7");
        assert_eq!(Filter::default().query(), "?");
    }

    #[test]
    fn a_tally_says_where_it_stopped() {
        assert_eq!([0, 999, 1_000, 1_001].map(tally), ["0", "999", "1000", "1,000+"]);
    }
}

/// Whether `part` is in `text`. The standard library's search is for long texts, and heavy in the browser.
fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}
