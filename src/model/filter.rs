//! Which orders a page shows, how they are sorted, and which page of them it is: all of it stands in the query of the page's address.

use crate::model::order::{Order, Status};
use leptos_router::location::Url;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What orders are sorted by; of equal ones, the number decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    Number,
    Total,
    Updated,
}

/// How orders are sorted. An address writes the names that `serde` gives here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// The newest first.
    #[default]
    #[serde(rename = "-number")]
    Newest,
    #[serde(rename = "number")]
    Oldest,
    /// The highest total first.
    #[serde(rename = "-total")]
    Highest,
    #[serde(rename = "total")]
    Lowest,
    /// The order that was updated last comes first.
    #[serde(rename = "-updated")]
    UpdatedLast,
    #[serde(rename = "updated")]
    UpdatedFirst,
}

impl Sort {
    pub const ALL: [Sort; 6] = [Sort::Newest, Sort::Oldest, Sort::Highest, Sort::Lowest, Sort::UpdatedLast, Sort::UpdatedFirst];

    /// The name that an address has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Sort::Newest => "-number",
            Sort::Oldest => "number",
            Sort::Highest => "-total",
            Sort::Lowest => "total",
            Sort::UpdatedLast => "-updated",
            Sort::UpdatedFirst => "updated",
        }
    }

    /// The sort of that name, or `None`.
    pub fn parse(name: &str) -> Option<Sort> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == name)
    }

    pub fn by(self) -> SortBy {
        match self {
            Sort::Newest | Sort::Oldest => SortBy::Number,
            Sort::Highest | Sort::Lowest => SortBy::Total,
            Sort::UpdatedLast | Sort::UpdatedFirst => SortBy::Updated,
        }
    }

    /// Whether the highest comes first.
    pub fn is_descending(self) -> bool {
        matches!(self, Sort::Newest | Sort::Highest | Sort::UpdatedLast)
    }

    /// Whether `one` stands before `other`.
    pub fn is_before(self, one: &Order, other: &Order) -> bool {
        let compared = match self.by() {
            SortBy::Number => Ordering::Equal,
            SortBy::Total => one.total_cents.cmp(&other.total_cents),
            SortBy::Updated => one.updated_at.cmp(&other.updated_at),
        };
        let before = if self.is_descending() { Ordering::Greater } else { Ordering::Less };
        compared.then(one.number.cmp(&other.number)) == before
    }
}

/// Where an order stands: its number, and before that, where orders are sorted by something else, what they are sorted by, and a tilde:
/// `1042`, `4550~1042`. So a page that begins there is the same page whatever becomes of that order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(String);

impl Position {
    pub fn of(order: &Order, sort: Sort) -> Self {
        let number = order.number.to_string();
        Self(match sort.by() {
            SortBy::Number => number,
            SortBy::Total => order.total_cents.to_string() + "~" + &number,
            SortBy::Updated => order.updated_at.clone() + "~" + &number,
        })
    }

    /// Reads a position. `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, number) = text.rsplit_once('~').unwrap_or(("", text));
        let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:.".contains(&byte));
        (is_key && number.parse::<i64>().is_ok()).then(|| Self(text.into()))
    }

    pub fn number(&self) -> i64 {
        self.0.rsplit('~').next().and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// What orders are sorted by there, unless that is the number.
    pub fn key(&self) -> Option<&str> {
        self.0.rsplit_once('~').map(|(key, _)| key)
    }
}

impl From<i64> for Position {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

/// A position that no order stands behind, where the newest come first: that of a page which lists none.
pub const BEHIND_ALL: &str = "0";

/// Which orders a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub status: Option<Status>,
    /// The beginning of an order number or of the customer's name, or a part of a product's name; empty for all.
    #[serde(default)]
    pub search: String,
    /// Set by the store, where the names of too many customers begin with the search: it finds the customer of that name only.
    #[serde(default)]
    pub by_full_name: bool,
    /// The first day (UTC) that orders were placed on: `2026-11-23`; empty for all.
    #[serde(default)]
    pub from: String,
    /// The last day, likewise.
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    pub sort: Sort,
    /// Only orders that stand behind this one: a later page. Without `before` and `after`, the first page, where new orders come in on top.
    pub before: Option<Position>,
    /// The last page of those that stand before this one.
    pub after: Option<Position>,
}

impl Filter {
    /// Whether `order` is shown: on some page. The store's queries do the same by indexes.
    pub fn matches(&self, order: &Order) -> bool {
        self.status.is_none_or(|status| status == order.status) && self.finds(order)
    }

    /// Whether `order` matches search and days, whatever its status.
    pub fn finds(&self, order: &Order) -> bool {
        // Names are written in ASCII.
        let search = self.search.to_ascii_lowercase();
        let of_customer = match self.by_full_name {
            true => order.customer == search,
            false => order.customer.starts_with(&search),
        };
        let day = order.placed_at.get(..DAY_BYTES).unwrap_or_default();
        (of_customer
            || order.number.to_string().starts_with(&search)
            || order.items.iter().any(|item| contains(&item.name.to_ascii_lowercase(), &search)))
            && (self.from.is_empty() || day >= self.from.as_str())
            && (self.to.is_empty() || day <= self.to.as_str())
    }

    /// Whether search or days leave orders out.
    pub fn is_narrowed(&self) -> bool {
        !(self.search.is_empty() && self.from.is_empty() && self.to.is_empty())
    }

    /// Whether the page lists no orders, whatever comes.
    pub fn lists_none(&self) -> bool {
        self.before.as_ref().is_some_and(|before| before.0 == BEHIND_ALL)
    }

    /// Whether it is the first page.
    pub fn is_first_page(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }

    /// The first page of the same orders.
    pub fn first_page(&self) -> Self {
        Self { before: None, after: None, ..self.clone() }
    }

    /// The address's query: `?status=placed&q=mug`, or `?` alone for the newest orders of all.
    pub fn query(&self) -> String {
        let position = |position: &'_ Option<Position>| position.as_ref().map(|position| position.0.clone()).unwrap_or_default();
        let fields = [
            ("status", self.status.map(Status::as_str).unwrap_or_default().to_owned()),
            ("q", Url::escape(&self.search)),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("sort", if self.sort == Sort::Newest { String::new() } else { self.sort.as_str().to_owned() }),
            ("before", position(&self.before)),
            ("after", position(&self.after)),
        ];
        let mut query = String::from("?");
        for (name, value) in fields {
            if !value.is_empty() {
                if query.len() > 1 {
                    query.push('&');
                }
                query = query + name + "=" + &value;
            }
        }
        query
    }
}

/// Whether `part` is in `text`. The standard library's search is for long texts, and heavy in the browser.
fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

/// How much of an RFC 3339 time tells its day.
const DAY_BYTES: usize = 10;

/// Whether it is a day: `2026-11-23`.
pub fn is_day(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let within = |digits: Option<&str>, most: u32| digits.and_then(|digits| digits.parse().ok()).is_some_and(|it| (1..=most).contains(&it));
    text.len() == DAY_BYTES
        && number(0..4).is_some()
        && within(number(5..7), 12)
        && within(number(8..10), 31)
        && [4, 7].iter().all(|dash| text.as_bytes()[*dash] == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_escaped_for_an_address() {
        let filter = Filter { before: Some(7.into()), status: Some(Status::Placed), search: "a&b ü".into(), ..Filter::default() };
        assert_eq!(filter.query(), "?status=placed&q=a%26b%20%C3%BC&before=7");
        assert_eq!(Filter::default().query(), "?");
        let after = Position::parse("4550~1042");
        let filter = Filter { from: "2026-11-02".into(), to: "2026-11-03".into(), sort: Sort::Highest, after, ..Filter::default() };
        assert_eq!(filter.query(), "?from=2026-11-02&to=2026-11-03&sort=-total&after=4550~1042");
        assert_eq!(filter.first_page().query(), "?from=2026-11-02&to=2026-11-03&sort=-total");
    }

    #[test]
    fn a_position_is_a_number_and_what_orders_are_sorted_by() {
        for (text, key, number) in
            [("7", None, 7), ("4550~7", Some("4550"), 7), ("2026-11-26T22:01:02.345Z~-7", Some("2026-11-26T22:01:02.345Z"), -7)]
        {
            let position = Position::parse(text).unwrap();
            assert_eq!((position.key(), position.number()), (key, number), "{text}");
        }
        for text in ["", "x", "7~", "7~x", "a&b~7", "1~2~", "7 "] {
            assert_eq!(Position::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_sort_has_one_name_and_it_is_that_of_json() {
        for sort in Sort::ALL {
            assert_eq!(Sort::parse(sort.as_str()), Some(sort));
            assert_eq!(serde_json::json!(sort), sort.as_str());
        }
    }

    #[test]
    fn a_day_is_ten_letters() {
        assert!(["2026-11-23", "0000-01-31"].into_iter().all(is_day));
        assert!(
            ["", "2026-1-23", "2026-13-01", "2026-00-01", "2026-11-32", "2026/11/23", "2026-11-23T", "+026-11-23", "2026-11-é"]
                .into_iter()
                .all(|text| !is_day(text))
        );
    }
}
