//! What a filter finds: the runs of indexes that hold the orders which match it.
//!
//! A search matches an order whose number begins with it, whose customer's name does, or that has a product whose name contains it; a text of
//! one or two letters likewise, it only matches more. Where more than [`CUSTOMERS_MAX`] customers' names begin with it, it matches the
//! customer whose name it is ([`Filter::by_full_name`](crate::model::snapshot::Filter::by_full_name)).
//!
//! Promise: the number of runs is bounded, and so is what a query reads of each: a search with many matches costs no more than one with few.

use super::{
    error::StoreError,
    order_days::numbers_of_days,
    order_runs::{Index, Run},
};
use crate::model::{
    filter::{Filter, SortBy},
    order::{CATALOGUE, Status},
    user::User,
};
use sqlx::{AnyConnection, Row};
use std::ops::Range;

/// Customers whose names begin with a search, and who are looked at one by one.
const CUSTOMERS_MAX: usize = 20;

/// Who searches among which orders.
pub(super) struct Search<'a> {
    /// A customer, for their own; `None` for the staff, for all.
    customer: Option<&'a str>,
    /// What was typed, in the letters that names are written in.
    text: String,
    /// The customers whose names match, for the staff.
    customers: Vec<String>,
    /// Whether customers are found by their full name only.
    pub by_full_name: bool,
    /// The numbers that match, as far as there are orders of them.
    numbers: Vec<Range<i64>>,
    /// The products whose names match.
    skus: Vec<&'static str>,
    /// The numbers that orders of the filter's days have.
    days: Range<i64>,
}

impl<'a> Search<'a> {
    /// Reads what was typed. `last_number`: no order has a higher one.
    pub async fn read(db: &mut AnyConnection, user: &'a User, filter: &Filter, last_number: i64) -> Result<Search<'a>, StoreError> {
        // A name has no NUL, and PostgreSQL takes none.
        let text = filter.search.to_ascii_lowercase().replace('\0', "\u{fffd}");
        let customer = (!user.is_staff()).then_some(user.username.as_str());
        let skus = CATALOGUE.iter().filter(|product| product.name.to_ascii_lowercase().contains(&text));
        let mut search = Search {
            customer,
            numbers: numbers(&text, last_number),
            skus: skus.map(|product| product.sku).collect(),
            customers: Vec::new(),
            by_full_name: false,
            days: numbers_of_days(db, &filter.from, &filter.to, last_number).await?,
            text,
        };
        if customer.is_none() && !search.text.is_empty() {
            search.customers = customers(db, &search.text).await?;
            search.by_full_name = search.customers.len() > CUSTOMERS_MAX;
            if search.by_full_name {
                search.customers = vec![search.text.clone()];
            }
        }
        Ok(search)
    }

    /// Where the orders are that match, of one status or of any. By total, or by when they were updated, are sorted all orders or those of a
    /// status: whoever asks has seen to it that nothing else is looked for.
    pub fn runs(&self, status: Option<Status>, by: SortBy) -> Vec<Run> {
        let sorted = |index: Index| statuses(status).map(|status| Run::sorted(index, status.as_str())).collect();
        match by {
            SortBy::Number => self.numbered(status),
            SortBy::Total => sorted(Index::OrdersByTotal),
            SortBy::Updated => sorted(Index::OrdersByUpdate),
        }
    }

    fn numbered(&self, status: Option<Status>) -> Vec<Run> {
        let mut runs = Vec::new();
        if self.text.is_empty() || self.customer.is_some_and(|customer| customer.starts_with(&self.text)) {
            runs.push(orders(self.customer, status));
        } else {
            runs.extend(self.numbers.iter().map(|numbers| orders(self.customer, status).within(numbers)));
            runs.extend(self.customers.iter().map(|customer| orders(Some(customer), status)));
            for (sku, status) in self.skus.iter().flat_map(|sku| statuses(status).map(move |status| (sku, status))) {
                runs.push(match self.customer {
                    Some(customer) => Run::of(Index::ItemsOfCustomer, &[customer, sku, status.as_str()]),
                    None => Run::of(Index::Items, &[sku, status.as_str()]),
                });
            }
        }
        runs.into_iter().map(|run| run.within(&self.days)).collect()
    }
}

/// All orders, or those of a customer, a status, or both.
pub(super) fn orders(customer: Option<&str>, status: Option<Status>) -> Run {
    match (customer, status.map(Status::as_str)) {
        (None, None) => Run::of(Index::Orders, &[]),
        (None, Some(status)) => Run::of(Index::OrdersByStatus, &[status]),
        (Some(customer), None) => Run::of(Index::OrdersOfCustomer, &[customer]),
        (Some(customer), Some(status)) => Run::of(Index::OrdersOfCustomerByStatus, &[customer, status]),
    }
}

/// That status, or each.
fn statuses(one: Option<Status>) -> impl Iterator<Item = Status> {
    Status::ALL.into_iter().filter(move |status| one.is_none_or(|one| one == *status))
}

/// The numbers up to the last that begin with these digits: 12, 120 to 129, 1200 to 1299, and so on.
fn numbers(digits: &str, last: i64) -> Vec<Range<i64>> {
    let Some(first) = digits.parse().ok().filter(|_| !digits.starts_with(['0', '+', '-'])) else { return Vec::new() };
    let longer =
        std::iter::successors(Some((first, 1_i64)), |(first, count): &(i64, i64)| Some((first.checked_mul(10)?, count.checked_mul(10)?)));
    longer.take_while(|(first, _)| *first <= last).map(|(first, count)| first..first.saturating_add(count)).collect()
}

/// Customers with orders whose names begin with that, one more than [`CUSTOMERS_MAX`] at most: from each to the next, along the index.
async fn customers(db: &mut AnyConnection, start: &str) -> Result<Vec<String>, StoreError> {
    const QUERY: &str = "WITH RECURSIVE names (name, place) AS ( \
             SELECT (SELECT MIN(customer) FROM orders WHERE customer >= $1 AND customer < $2), 0 \
             UNION ALL SELECT (SELECT MIN(customer) FROM orders WHERE customer > name AND customer < $2), place + 1 \
             FROM names WHERE name IS NOT NULL AND place < $3) \
         SELECT name FROM names WHERE name IS NOT NULL";
    let query = sqlx::query(QUERY).bind(start).bind(format!("{start}{}", char::MAX)).bind(CUSTOMERS_MAX as i64);
    let names = query.fetch_all(db).await?;
    names.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn digits_are_the_beginning_of_a_number() {
        assert_eq!(numbers("12", 1_250), [12..13, 120..130, 1_200..1_300]);
        assert_eq!(numbers("1251", 1_250), []);
        assert_eq!(numbers("9", i64::MAX).len(), 19);
        for text in ["", "0", "01", "-1", "+1", "1a", "99999999999999999999"] {
            assert_eq!(numbers(text, i64::MAX), [], "{text:?}");
        }
    }
}
