//! A shop of any size, written by SQL into a database that the store has made; and what holds of every shop.

use super::{outside, staff};
use orderwire::{
    model::{order::Status, stats::HourOfSales},
    server::store::Store,
};
use sqlx::{Executor, Row};
use std::collections::BTreeMap;

/// Writes so many orders, numbered from 1, as many events, from 1, and as many notifications. A third is
/// of the customer c7, the others are of c0 to c89. The last hundred orders are open, a twentieth of the others is cancelled.
pub async fn fill(url: &str, orders: i64) {
    let rows = format!("WITH RECURSIVE rows (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM rows WHERE i < {orders})");
    let status = format!(
        "CASE WHEN i > {orders} - 40 THEN 'placed' WHEN i > {orders} - 70 THEN 'packed' WHEN i > {orders} - 100 THEN 'shipped' \
         WHEN i % 20 = 0 THEN 'cancelled' ELSE 'delivered' END"
    );
    let (customer, time) = ("CASE i % 3 WHEN 0 THEN 'c7' ELSE 'c' || (i % 90) END", "'2026-01-01T00:00:00.000Z'");
    let fills = [
        format!(
            "{rows} INSERT INTO orders (order_id, number, customer, status, total_cents, placed_at, updated_at, version) \
             SELECT 'order-' || i, i, {customer}, {status}, 100, {time}, {time}, 1 FROM rows"
        ),
        format!(
            "{rows} INSERT INTO order_items (number, position, sku, name, quantity, price_cents, customer, status) \
             SELECT i, 0, CASE i % 5 WHEN 0 THEN 'mug' ELSE 'tea' END, 'x', 1, 100, {customer}, {status} FROM rows"
        ),
        format!(
            "{rows} INSERT INTO order_steps (number, version, status, changed_by, changed_at) \
             SELECT i, 1, 'placed', {customer}, {time} FROM rows"
        ),
        format!(
            "{rows} INSERT INTO events (sequence, audience, staff, type, data, committed_at) \
             SELECT i, {customer}, i % 2, 'x', '{{}}', {time} FROM rows"
        ),
        format!(
            "{rows} INSERT INTO notifications (id, audience, title, message, order_id, created_at, position) \
             SELECT 'n' || i, {customer}, 't', 'm', 'order-' || i, {time}, i FROM rows"
        ),
        format!("{rows} INSERT INTO notification_reads (username, notification_id) SELECT {customer}, 'n' || i FROM rows WHERE i % 2 = 0"),
        format!("{rows} INSERT INTO users (username, role, password_hash, created_at) SELECT 'c' || i, 'customer', 'x', {time} FROM rows"),
        "INSERT INTO counters (counter, bucket, value) SELECT 'orders_by_status', status, COUNT(*) FROM orders GROUP BY status".into(),
        format!("UPDATE log SET head = {orders}, last_order_number = {orders}"),
    ];
    let mut database = outside(url).await;
    for fill in fills {
        database.execute(fill.as_str()).await.unwrap();
    }
    if url.starts_with("postgres") {
        database.execute("ANALYZE").await.unwrap();
    }
}

/// What is kept agrees: counters with a count of the rows, versions with steps, items with their orders.
pub async fn agrees_with_itself(store: &Store, url: &str) {
    let mut database = outside(url).await;
    let rows = "SELECT status, substr(placed_at, 1, 13), total_cents, number, version FROM orders";
    let (mut statuses, mut hours) = ([0; Status::ALL.len()], BTreeMap::<String, HourOfSales>::new());
    for row in sqlx::query(rows).fetch_all(&mut database).await.unwrap() {
        let (status, hour) = (Status::parse(&row.get::<String, _>(0)).unwrap(), row.get::<String, _>(1));
        statuses[Status::ALL.iter().position(|known| *known == status).unwrap()] += 1;
        let sold = hours.entry(hour.clone()).or_insert(HourOfSales { hour, orders: 0, revenue_cents: 0 });
        sold.orders += 1;
        sold.revenue_cents += if status == Status::Cancelled { 0 } else { row.get::<i64, _>(2) };
        let steps = store.order_details(&staff(), row.get(3)).await.unwrap().steps;
        assert_eq!(steps.iter().map(|step| step.version).collect::<Vec<_>>(), (1..=row.get::<i64, _>(4)).collect::<Vec<_>>());
    }
    assert!(statuses.iter().filter(|count| **count > 0).count() > 3, "{statuses:?}");
    assert_eq!(store.figures().await.unwrap().orders, statuses);
    assert_eq!(store.sales("2000").await.unwrap(), hours.into_values().collect::<Vec<_>>());
    let items = "SELECT COUNT(*) FROM order_items JOIN orders USING (number) WHERE order_items.status <> orders.status";
    assert_eq!(sqlx::query(items).fetch_one(&mut database).await.unwrap().get::<i64, _>(0), 0);
}
