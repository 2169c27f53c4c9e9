//! Orders as their tables keep them, read with their items: two statements, however many orders there are.

use super::{database::Database, error::StoreError, text::can_be_kept};
use crate::model::order::{Item, Order, Status};
use sqlx::{AnyConnection, Row, any::AnyRow};
use std::collections::HashMap;

/// The columns of an order but its items.
pub(super) const COLUMNS: &str = "order_id, number, customer, status, total_cents, placed_at, updated_at, version";

/// Those of these orders that there are, by their id.
pub(super) async fn of_ids(db: &mut AnyConnection, database: Database, ids: &[&str]) -> Result<HashMap<String, Order>, StoreError> {
    let ids: Vec<_> = ids.iter().filter(|id| can_be_kept(id)).collect();
    let query = format!("SELECT {COLUMNS} FROM orders WHERE order_id {}", database.among(database.texts()));
    let rows = sqlx::query(&query).bind(serde_json::to_string(&ids)?).fetch_all(&mut *db).await?;
    let orders = with_items(db, database, &rows).await?;
    Ok(orders.into_iter().map(|order| (order.order_id.clone(), order)).collect())
}

/// The orders of these rows of [`COLUMNS`], in their order.
pub(super) async fn with_items(db: &mut AnyConnection, database: Database, rows: &[AnyRow]) -> Result<Vec<Order>, StoreError> {
    let mut orders = rows.iter().map(order).collect::<Result<Vec<_>, _>>()?;
    if orders.is_empty() {
        return Ok(orders);
    }
    let numbers: Vec<_> = orders.iter().map(|order| order.number).collect();
    let query = format!(
        "SELECT number, sku, name, quantity, price_cents FROM order_items WHERE number {} ORDER BY number, position",
        database.among(database.numbers())
    );
    let mut items: HashMap<i64, Vec<Item>> = HashMap::with_capacity(orders.len());
    for row in sqlx::query(&query).bind(serde_json::to_string(&numbers)?).fetch_all(db).await? {
        let quantity: i64 = row.try_get(3)?;
        items.entry(row.try_get(0)?).or_default().push(Item {
            sku: row.try_get(1)?,
            name: row.try_get(2)?,
            quantity: u32::try_from(quantity).map_err(|_| StoreError::Internal(format!("an order has the quantity {quantity}")))?,
            price_cents: row.try_get(4)?,
        });
    }
    for order in &mut orders {
        order.items = items.remove(&order.number).unwrap_or_default();
    }
    Ok(orders)
}

/// Reads a row of [`COLUMNS`]; the items are empty.
fn order(row: &AnyRow) -> Result<Order, StoreError> {
    Ok(Order {
        order_id: row.try_get(0)?,
        number: row.try_get(1)?,
        customer: row.try_get(2)?,
        status: status(row.try_get(3)?)?,
        items: Vec::new(),
        total_cents: row.try_get(4)?,
        placed_at: row.try_get(5)?,
        updated_at: row.try_get(6)?,
        version: row.try_get(7)?,
    })
}

/// The status of that name.
pub(super) fn status(name: String) -> Result<Status, StoreError> {
    Status::parse(&name).ok_or_else(|| StoreError::Internal(format!("an order has the unknown status {name}")))
}
