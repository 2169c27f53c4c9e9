//! What a page shows, as of one position in the log: the start of a page's state, which events then carry on.

use crate::model::{
    event::EventId,
    notification::Notification,
    order::{Order, Status},
    stats::ConsoleStats,
    user::User,
};
use leptos_router::location::Url;
use reactive_stores::Store;
use serde::{Deserialize, Serialize};

/// Orders that a page shows; older ones are a page further.
pub const ORDERS: usize = 100;

/// The longest text that is searched for, in characters.
pub const SEARCH_MAX: usize = 100;

/// All that a page of `user` shows at `cursor`. Orders and notifications stand newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Store)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Every event up to here is in it, none after.
    pub cursor: EventId,
    pub user: User,
    #[store(key: String = |order| order.order_id.clone())]
    pub orders: Vec<Order>,
    /// Which orders they are.
    pub filter: Filter,
    /// Whether there are older ones.
    pub older: bool,
    #[store(key: String = |notification| notification.id.clone())]
    pub notifications: Vec<Notification>,
    /// How many notifications are not read, shown here or not.
    pub unread: i64,
    /// What the staff's console shows besides.
    pub console_stats: Option<ConsoleStats>,
    /// The silence after which the stream says that it is alive; a page that hears nothing for longer opens it again.
    pub keep_alive_ms: u64,
}

/// Which orders a page shows, as its address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Only those numbered below this one; `None` where they are the newest, and a new one belongs on top.
    pub before: Option<i64>,
    pub status: Option<Status>,
    /// A number, or a part of the customer's name or of a product's; empty for all.
    pub search: String,
}

impl Filter {
    /// Whether a page of this filter shows `order`, its place in the sequence of pages aside. The store's query says the same in SQL.
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

    /// The address's query: `?status=placed&q=mug`, or `?` alone for all of the newest.
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
    fn a_filter_is_written_so_that_an_address_can_bear_it() {
        let filter = Filter { before: Some(7), status: Some(Status::Placed), search: "a&b ü".into() };
        assert_eq!(filter.query(), "?status=placed&q=a%26b%20%C3%BC&before=7");
        assert_eq!(Filter::default().query(), "?");
    }
}
