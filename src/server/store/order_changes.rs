//! What one transaction does to orders: collected, and written before its commit.
//!
//! Promises: an order, its items, its steps and the counters change together; that takes six statements at most, however many orders
//! there are, and none where there is none.

use super::{counters::Counted, database::Database, error::StoreError, order_rows::COLUMNS};
use crate::model::order::{Order, OrderStep, Status};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;

/// The rows to be written.
#[derive(Default)]
pub(super) struct OrderChanges {
    placed: Vec<Value>,
    items: Vec<Value>,
    moved: Vec<Value>,
    steps: Vec<Value>,
    counted: Counted,
}

impl OrderChanges {
    /// A new order.
    pub fn place(&mut self, order: &Order) {
        self.add(order, [step(order, &order.customer)].into_iter());
    }

    /// An order with the steps that made it what it is.
    pub fn add(&mut self, order: &Order, steps: impl Iterator<Item = OrderStep>) {
        let Order { order_id, number, customer, total_cents, placed_at, updated_at, version, .. } = order;
        let status = order.status.as_str();
        self.placed.push(json!({
            "order_id": order_id, "number": number, "customer": customer, "status": status, "total_cents": total_cents,
            "placed_at": placed_at, "updated_at": updated_at, "version": version,
        }));
        self.items.extend(order.items.iter().enumerate().map(|(position, item)| {
            json!({
                "number": number, "position": position, "sku": item.sku, "name": item.name, "quantity": item.quantity,
                "price_cents": item.price_cents, "customer": customer, "status": status,
            })
        }));
        self.add_steps(*number, steps);
        self.counted.added(order);
    }

    /// An order that has got this status, and had the status `from` before.
    pub fn set_status(&mut self, order: &Order, from: Status, by: &str) {
        let Order { number, updated_at, version, .. } = order;
        self.moved.push(json!({ "number": number, "status": order.status.as_str(), "updated_at": updated_at, "version": version }));
        self.add_steps(*number, [step(order, by)].into_iter());
        self.counted.moved(order, from);
    }

    fn add_steps(&mut self, number: i64, steps: impl Iterator<Item = OrderStep>) {
        self.steps.extend(steps.map(|OrderStep { version, status, by, at }| {
            json!({ "number": number, "version": version, "status": status.as_str(), "changed_by": by, "changed_at": at })
        }));
    }

    /// Writes all of it. An order that is not of the version before its change is a conflict.
    pub async fn write(&self, db: &mut AnyConnection, database: Database) -> Result<(), StoreError> {
        if !self.placed.is_empty() {
            let columns = [
                ("order_id", "TEXT"),
                ("number", "BIGINT"),
                ("customer", "TEXT"),
                ("status", "TEXT"),
                ("total_cents", "BIGINT"),
                ("placed_at", "TEXT"),
                ("updated_at", "TEXT"),
                ("version", "BIGINT"),
            ];
            let orders = format!("INSERT INTO orders ({COLUMNS}) {}", database.rows(&columns));
            execute(db, &orders, &self.placed).await?;
            let columns = [
                ("number", "BIGINT"),
                ("position", "BIGINT"),
                ("sku", "TEXT"),
                ("name", "TEXT"),
                ("quantity", "BIGINT"),
                ("price_cents", "BIGINT"),
                ("customer", "TEXT"),
                ("status", "TEXT"),
            ];
            let items = format!(
                "INSERT INTO order_items (number, position, sku, name, quantity, price_cents, customer, status) {}",
                database.rows(&columns)
            );
            execute(db, &items, &self.items).await?;
        }
        if !self.moved.is_empty() {
            let columns = [("number", "BIGINT"), ("status", "TEXT"), ("updated_at", "TEXT"), ("version", "BIGINT")];
            let changed = database.rows(&columns);
            let orders = format!(
                "UPDATE orders SET status = changed.status, updated_at = changed.updated_at, version = changed.version \
                 FROM ({changed}) AS changed WHERE orders.number = changed.number AND orders.version = changed.version - 1"
            );
            if execute(db, &orders, &self.moved).await? != self.moved.len() as u64 {
                return Err(StoreError::conflict("somebody else has just changed this order; look again"));
            }
            let items = format!(
                "UPDATE order_items SET status = changed.status FROM ({changed}) AS changed WHERE order_items.number = changed.number"
            );
            execute(db, &items, &self.moved).await?;
        }
        if !self.steps.is_empty() {
            let columns = [("number", "BIGINT"), ("version", "BIGINT"), ("status", "TEXT"), ("changed_by", "TEXT"), ("changed_at", "TEXT")];
            let steps = format!("INSERT INTO order_steps (number, version, status, changed_by, changed_at) {}", database.rows(&columns));
            execute(db, &steps, &self.steps).await?;
            self.counted.write(db, database).await?;
        }
        Ok(())
    }
}

/// The step that made an order what it is.
fn step(order: &Order, by: &str) -> OrderStep {
    OrderStep { version: order.version, status: order.status, by: Some(by.into()), at: order.updated_at.clone() }
}

async fn execute(db: &mut AnyConnection, statement: &str, rows: &impl Serialize) -> Result<u64, StoreError> {
    Ok(sqlx::query(statement).bind(serde_json::to_string(rows)?).execute(db).await?.rows_affected())
}
