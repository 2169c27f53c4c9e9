//! Where orders are read from: runs of an index, each in the order of the orders' numbers, or of what they are sorted by.
//!
//! Promise: a query reads no more rows of a run than its limit, whatever the database knows or guesses of the table. A run is named by one
//! key, `(key, number)` is sorted by as a whole, and compared as [`Database::of_key`] says: of a row of three columns, PostgreSQL walks on until
//! the first one differs. For the same reason limits are written, not bound, and no two indexes begin alike.

use super::{connections::AnyQuery, database::Database, order_rows::COLUMNS};
use crate::model::filter::{Position, Sort, SortBy};
use std::ops::Range;

/// Digits of an amount in the key of an index.
const AMOUNT_DIGITS: usize = 19;

/// An index of a key and the order's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Index {
    Orders,
    OrdersByStatus,
    OrdersOfCustomer,
    /// By customer and status.
    OrdersOfCustomerByStatus,
    /// By status, and then by total.
    OrdersByTotal,
    /// By status, and then by when they were updated.
    OrdersByUpdate,
    /// By product and status.
    Items,
    /// By customer, product and status.
    ItemsOfCustomer,
}

impl Index {
    /// The column of its key.
    fn key(self) -> Option<&'static str> {
        match self {
            Index::Orders => None,
            Index::OrdersByStatus => Some("status"),
            Index::OrdersOfCustomer => Some("customer"),
            Index::OrdersOfCustomerByStatus => Some("customer_status"),
            Index::OrdersByTotal => Some("status_total"),
            Index::OrdersByUpdate => Some("status_updated"),
            Index::Items => Some("product_status"),
            Index::ItemsOfCustomer => Some("customer_product_status"),
        }
    }

    fn table(self) -> &'static str {
        match self {
            Index::Items | Index::ItemsOfCustomer => "order_items",
            _ => "orders",
        }
    }
}

/// The rows of an index from one place of it up to another.
#[derive(Clone, Debug)]
pub(super) struct Run {
    index: Index,
    /// What the keys of its rows have in common, from the beginning.
    key: String,
    /// The lowest key and number that it may have.
    from: (String, i64),
    /// All are lower than these.
    below: (String, i64),
}

impl Run {
    /// The rows that have a key. `key`: its parts, as the column joins them.
    pub fn of(index: Index, key: &[&str]) -> Self {
        let key = key.join("/");
        Self { index, from: (key.clone(), 0), below: (key.clone(), i64::MAX), key }
    }

    /// The rows whose keys begin with a part, in the order of what follows in the key.
    pub fn sorted(index: Index, part: &str) -> Self {
        // What comes after the slash, by bytes.
        Self { index, from: (format!("{part}/"), 0), below: (format!("{part}0"), 0), key: format!("{part}/") }
    }

    /// Those of them with a number in this range. For rows that have one key.
    pub fn within(mut self, numbers: &Range<i64>) -> Self {
        self.from.1 = self.from.1.max(numbers.start);
        self.below.1 = self.below.1.min(numbers.end);
        self
    }

    /// Those of them that are higher than the position, or lower.
    pub fn beyond(mut self, position: &Position, higher: bool) -> Self {
        let sorted_by = match (self.index, position.key()) {
            (Index::OrdersByTotal, Some(total)) => format!("{total:0>AMOUNT_DIGITS$}"),
            (_, key) => key.unwrap_or_default().to_owned(),
        };
        let (key, number) = (format!("{}{sorted_by}", self.key), position.number());
        match higher {
            true => self.from = self.from.max((key, number.saturating_add(1))),
            false => self.below = self.below.min((key, number)),
        }
        self
    }

    /// A query for one column of its rows with the lowest numbers.
    pub fn oldest(&self, database: Database, column: &str, limit: usize) -> Query {
        let mut values = Vec::new();
        Query { text: self.select(&Listed { database, columns: column, direction: "", limit }, &mut values), values }
    }

    fn select(&self, listed: &Listed, values: &mut Vec<Value>) -> String {
        let Listed { database, columns, direction, limit } = *listed;
        let table = self.index.table();
        let (from, below) = (Value::Number(self.from.1), Value::Number(self.below.1));
        let Some(key) = self.index.key() else {
            let (from, below) = (place(values, from), place(values, below));
            return format!(
                "SELECT {columns} FROM {table} WHERE number >= {from} AND number < {below} ORDER BY number{direction} LIMIT {limit}"
            );
        };
        let [first, from, below] = [Value::Text(self.from.0.clone()), from, below].map(|value| place(values, value));
        let condition = if self.from.0 == self.below.0 {
            database.of_key((key, "number"), &first, [(">=", &from), ("<", &below)])
        } else {
            let last = place(values, Value::Text(self.below.0.clone()));
            format!("({key}, number) >= ({first}, {from}) AND ({key}, number) < ({last}, {below})")
        };
        format!("SELECT {columns} FROM {table} WHERE {condition} ORDER BY {key}{direction}, number{direction} LIMIT {limit}")
    }
}

/// What a query lists of each run.
struct Listed<'a> {
    database: Database,
    columns: &'a str,
    /// Nothing, or ` DESC`.
    direction: &'a str,
    limit: usize,
}

/// A statement, and what is bound to it.
pub(super) struct Query {
    text: String,
    values: Vec<Value>,
}

enum Value {
    Text(String),
    Number(i64),
}

impl Query {
    /// A query for the columns [`COLUMNS`] of the first orders that are in any of the runs, as they are sorted, or, `backwards`, of the last
    /// ones, from the last on.
    pub fn first(database: Database, runs: &[Run], sort: Sort, backwards: bool, limit: usize) -> Self {
        let mut values = Vec::new();
        let direction = if sort.is_descending() != backwards { " DESC" } else { "" };
        let (columns, order) = match sort.by() {
            SortBy::Number => ("number", format!("number{direction}")),
            SortBy::Total => ("total_cents, number", format!("total_cents{direction}, number{direction}")),
            SortBy::Updated => ("updated_at, number", format!("updated_at{direction}, number{direction}")),
        };
        let found = found(runs, &Listed { database, columns, direction, limit }, &mut values);
        let numbers = database.among(&format!("SELECT number FROM ({found}) AS found ORDER BY {order} LIMIT {limit}"));
        Self { text: format!("SELECT {COLUMNS} FROM orders WHERE number {numbers} ORDER BY {order}"), values }
    }

    /// A query for how many orders are in any of the runs, counted to `limit`.
    pub fn count(database: Database, runs: &[Run], limit: usize) -> Self {
        let mut values = Vec::new();
        let found = found(runs, &Listed { database, columns: "number", direction: " DESC", limit }, &mut values);
        Self { text: format!("SELECT COUNT(*) FROM (SELECT number FROM ({found}) AS found LIMIT {limit}) AS counted"), values }
    }

    pub fn bound(&self) -> AnyQuery<'_> {
        self.values.iter().fold(sqlx::query(&self.text), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
        })
    }
}

/// A query for the first orders of each run, each order once.
fn found(runs: &[Run], listed: &Listed, values: &mut Vec<Value>) -> String {
    let columns = listed.columns;
    // Runs of one index of orders have no order in common, and then the database stops at the limit of all instead of at that of each.
    let are_apart = runs.iter().all(|run| run.index == runs[0].index && run.index.table() == "orders");
    let runs = runs.iter().enumerate().map(|(place, run)| {
        let first = run.select(listed, values);
        format!("SELECT {columns} FROM ({first}) AS run{place}")
    });
    runs.collect::<Vec<_>>().join(if are_apart { " UNION ALL " } else { " UNION " })
}

/// The placeholder of a value that is bound next.
fn place(values: &mut Vec<Value>, value: Value) -> String {
    values.push(value);
    format!("${}", values.len())
}
