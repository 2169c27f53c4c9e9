//! Where orders are read from: runs of an index, each in the order of the orders' numbers.
//!
//! Promise: a query reads no more rows of a run than its limit, whatever the database knows or guesses of the table. A run is named by one
//! key, and `(key, number)` is compared, and sorted by, as a whole. For with `customer = $1 AND number < $2 ORDER BY number DESC`, PostgreSQL
//! may walk all orders by number for those of one customer, once it plans for any customer; and of a row of three columns it walks on
//! until the first one differs. For the same reason limits are written, not bound, and no two indexes begin alike.

use super::{connections::AnyQuery, database::Database, order_rows::COLUMNS};
use std::ops::Range;

/// An index of a key and the order's number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Index {
    Orders,
    OrdersByStatus,
    OrdersOfCustomer,
    /// By customer and status.
    OrdersOfCustomerByStatus,
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

/// The rows of an index that have this key and these numbers.
#[derive(Clone, Debug)]
pub(super) struct Run {
    index: Index,
    key: String,
    numbers: Range<i64>,
}

impl Run {
    /// `key`: the parts of the key, as the column joins them.
    pub fn of(index: Index, key: &[&str]) -> Self {
        Self { index, key: key.join("/"), numbers: 0..i64::MAX }
    }

    /// Those of them with a number in this range.
    pub fn within(self, numbers: &Range<i64>) -> Self {
        Self { numbers: self.numbers.start.max(numbers.start)..self.numbers.end.min(numbers.end), ..self }
    }

    /// A query for one column of its rows with the lowest numbers.
    pub fn oldest(&self, column: &str, limit: usize) -> Query {
        let mut query = Query::default();
        query.text = self.select(column, "", limit, &mut query.values);
        query
    }

    /// `direction`: nothing, or ` DESC`.
    fn select(&self, column: &str, direction: &str, limit: usize, values: &mut Vec<Value>) -> String {
        let table = self.index.table();
        let (from, below) = (Value::Number(self.numbers.start), Value::Number(self.numbers.end));
        let Some(key) = self.index.key() else {
            let (from, below) = (place(values, from), place(values, below));
            return format!(
                "SELECT {column} FROM {table} WHERE number >= {from} AND number < {below} ORDER BY number{direction} LIMIT {limit}"
            );
        };
        let (of, from, below) = (place(values, Value::Text(self.key.clone())), place(values, from), place(values, below));
        format!(
            "SELECT {column} FROM {table} WHERE ({key}, number) >= ({of}, {from}) AND ({key}, number) < ({of}, {below}) \
             ORDER BY {key}{direction}, number{direction} LIMIT {limit}"
        )
    }
}

/// A statement, and what is bound to it.
#[derive(Default)]
pub(super) struct Query {
    text: String,
    values: Vec<Value>,
}

enum Value {
    Text(String),
    Number(i64),
}

impl Query {
    /// A query for the columns [`COLUMNS`] of the newest orders that are in any of the runs.
    pub fn newest(database: Database, runs: &[Run], limit: usize) -> Self {
        let mut values = Vec::new();
        let numbers = numbers(runs, limit, &mut values);
        let numbers = database.among(&format!("SELECT number FROM ({numbers}) AS found ORDER BY number DESC LIMIT {limit}"));
        Self { text: format!("SELECT {COLUMNS} FROM orders WHERE number {numbers} ORDER BY number DESC"), values }
    }

    /// A query for how many orders are in any of the runs, counted to `limit`.
    pub fn count(runs: &[Run], limit: usize) -> Self {
        let mut values = Vec::new();
        let numbers = numbers(runs, limit, &mut values);
        Self { text: format!("SELECT COUNT(*) FROM (SELECT number FROM ({numbers}) AS found LIMIT {limit}) AS counted"), values }
    }

    pub fn bound(&self) -> AnyQuery<'_> {
        self.values.iter().fold(sqlx::query(&self.text), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
        })
    }
}

/// A query for the numbers of the newest orders of each run, each number once.
fn numbers(runs: &[Run], limit: usize, values: &mut Vec<Value>) -> String {
    let runs = runs.iter().enumerate().map(|(place, run)| {
        let newest = run.select("number", " DESC", limit, values);
        format!("SELECT number FROM ({newest}) AS run{place}")
    });
    runs.collect::<Vec<_>>().join(" UNION ")
}

/// The placeholder of a value that is bound next.
fn place(values: &mut Vec<Value>, value: Value) -> String {
    values.push(value);
    format!("${}", values.len())
}
