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
    /// The number of unread notifications, shown here or not.
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
    /// An order number, or part of the customer's name or of a product's; empty for all.
    pub search: String,
}

impl Filter {
    /// Whether `order` matches status and search (`before` aside). The store's query does the same in SQL.
    pub fn matches(&self, order: &Order) -> bool {
        // Names are written in ASCII.
        let search = self.search.to_ascii_lowercase();
        let named = |text: &str| text.to_ascii_lowercase().contains(&search);
        self.status.is_none_or(|status| status == order.status)
            && (search.is_empty()
                || order.number.to_string() == search
                || named(&order.customer)
                || order.items.iter().any(|item| named(&item.name)))
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
        let filter = Filter { before: Some(7), status: Some(Status::Placed), search: "a&b ü".into() };
        assert_eq!(filter.query(), "?status=placed&q=a%26b%20%C3%BC&before=7");
        assert_eq!(Filter::default().query(), "?");
    }
}
