//! Placing, advancing and cancelling orders. Each tells the customer and all staff (`order.updated`), in the same transaction.

use super::{
    audience::user_and_staff,
    error::StoreError,
    handle::Store,
    health::Part,
    text::{can_be_kept, new_id},
    transaction::Change,
};
use crate::{
    model::{
        event::Event,
        order::{Advanced, Item, Order, Status},
        seen_order::SeenOrder,
        user::User,
    },
    server::{clock::now, sse::Audience},
};
use sqlx::{Row, any::AnyRow};
use std::collections::HashSet;

/// The columns that [`order`] reads, in its order.
pub(super) const COLUMNS: &str = "order_id, number, customer, status, items, total_cents, placed_at, updated_at, version";

impl Store {
    /// Places an order of `items` (not empty) for `customer`.
    pub async fn place_order(&self, customer: &str, items: Vec<Item>) -> Result<Order, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.place_order(customer, items).await;
            change.finish(outcome).await
        })
        .await
    }

    /// Moves an order one step on, and notifies its customer. An order at its end is a conflict, and so is one of another version than
    /// `version`, where that is given.
    pub async fn advance_order(&self, order_id: &str, version: Option<i64>) -> Result<Order, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.advance(order_id, version).await;
            change.finish(outcome).await
        })
        .await
    }

    /// Moves each of them one step on, in one transaction. One that cannot be moved keeps none of the others back. Of an order that is
    /// named several times, the first counts.
    pub async fn advance_orders(&self, orders: &[SeenOrder]) -> Result<Advanced, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let mut outcome = Advanced::default();
            let mut named = HashSet::new();
            for SeenOrder { order_id, version } in orders.iter().filter(|order| named.insert(&order.order_id)) {
                match change.advance(order_id, *version).await {
                    Ok(order) => outcome.orders.push(order),
                    Err(error) if error.is_failure() => return Err(error),
                    Err(refusal) => outcome.refused.push(refusal.to_string()),
                }
            }
            change.finish(Ok(outcome)).await
        })
        .await
    }

    /// An order that can still be advanced, chosen by chance; `None` where there is none.
    pub async fn some_open_order(&self) -> Result<Option<String>, StoreError> {
        self.watched(Part::Pages, async {
            let open = "SELECT order_id FROM orders WHERE status IN ('placed', 'packed', 'shipped') ORDER BY RANDOM() LIMIT 1";
            let rows = self.pages.rows(|| sqlx::query(open)).await?;
            Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
        })
        .await
    }

    /// Cancels an order that is not shipped yet. A customer reaches only their own; another's does not exist for them. One of another
    /// version than `version`, where that is given, is a conflict.
    pub async fn cancel_order(&self, by: &User, order_id: &str, version: Option<i64>) -> Result<Order, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.cancel(by, order_id, version).await;
            change.finish(outcome).await
        })
        .await
    }
}

impl Change {
    async fn place_order(&mut self, customer: &str, items: Vec<Item>) -> Result<Order, StoreError> {
        self.log.last_order_number += 1;
        let now = now();
        let order = Order {
            order_id: new_id(),
            number: self.log.last_order_number,
            status: Status::Placed,
            customer: customer.into(),
            total_cents: items.iter().map(|item| i64::from(item.quantity) * item.price_cents).sum(),
            items,
            placed_at: now.clone(),
            updated_at: now,
            version: 1,
        };
        let items = serde_json::to_string(&order.items)?;
        sqlx::query(&format!("INSERT INTO orders ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"))
            .bind(&order.order_id)
            .bind(order.number)
            .bind(&order.customer)
            .bind(order.status.as_str())
            .bind(items)
            .bind(order.total_cents)
            .bind(&order.placed_at)
            .bind(&order.updated_at)
            .bind(order.version)
            .execute(self.db())
            .await?;
        self.tell_of_order(&order)?;
        Ok(order)
    }

    async fn order(&mut self, order_id: &str) -> Result<Order, StoreError> {
        if !can_be_kept(order_id) {
            return Err(no_such_order());
        }
        let row =
            sqlx::query(&format!("SELECT {COLUMNS} FROM orders WHERE order_id = $1")).bind(order_id).fetch_optional(self.db()).await?;
        order(&row.ok_or_else(no_such_order)?)
    }

    async fn advance(&mut self, order_id: &str, version: Option<i64>) -> Result<Order, StoreError> {
        let order = of_version(self.order(order_id).await?, version)?;
        let Some(next) = order.status.next() else { return Err(too_late(order)) };
        let order = self.set_status(order, next).await?;
        let (title, message) = match next {
            Status::Packed => ("Order packed", "is packed and waits for the courier."),
            Status::Shipped => ("Order shipped", "is on its way to you."),
            _ => ("Order delivered", "has arrived. Enjoy!"),
        };
        let message = format!("Order {} {message}", order.number);
        self.notify(&Audience::User(order.customer.clone()), title, &message, Some(&order.order_id), None).await?;
        Ok(order)
    }

    async fn cancel(&mut self, by: &User, order_id: &str, version: Option<i64>) -> Result<Order, StoreError> {
        let order = self.order(order_id).await?;
        if !by.is_staff() && order.customer != by.username {
            return Err(no_such_order());
        }
        let order = of_version(order, version)?;
        if !order.status.can_cancel() {
            return Err(too_late(order));
        }
        self.set_status(order, Status::Cancelled).await
    }

    /// Held against the version that was read: of two who change an order at once, one is told to look again.
    async fn set_status(&mut self, order: Order, status: Status) -> Result<Order, StoreError> {
        let changed = Order { status, updated_at: now(), version: order.version + 1, ..order };
        let updated = sqlx::query("UPDATE orders SET status = $1, updated_at = $2, version = $3 WHERE order_id = $4 AND version = $5")
            .bind(status.as_str())
            .bind(&changed.updated_at)
            .bind(changed.version)
            .bind(&changed.order_id)
            .bind(order.version)
            .execute(self.db())
            .await?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::conflict("somebody else has just changed this order; look again"));
        }
        self.tell_of_order(&changed)?;
        Ok(changed)
    }

    fn tell_of_order(&mut self, order: &Order) -> Result<(), StoreError> {
        self.tell(&user_and_staff(&order.customer), &Event::OrderUpdated(order.clone()))?;
        Ok(())
    }
}

/// Reads a row of [`COLUMNS`].
pub(super) fn order(row: &AnyRow) -> Result<Order, StoreError> {
    let (status, items): (String, String) = (row.try_get(3)?, row.try_get(4)?);
    Ok(Order {
        order_id: row.try_get(0)?,
        number: row.try_get(1)?,
        customer: row.try_get(2)?,
        status: Status::parse(&status).ok_or_else(|| StoreError::Internal(format!("an order has the unknown status {status}")))?,
        items: serde_json::from_str(&items)?,
        total_cents: row.try_get(5)?,
        placed_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
        version: row.try_get(8)?,
    })
}

/// The order, if it is of the version that was seen.
fn of_version(order: Order, seen: Option<i64>) -> Result<Order, StoreError> {
    if seen.is_none_or(|version| version == order.version) {
        return Ok(order);
    }
    let line = format!("order {} is {} by now; look again", order.number, order.status.as_str());
    Err(StoreError::OrderChanged { line, order: order.into() })
}

fn too_late(order: Order) -> StoreError {
    let line = format!("order {} is {} already", order.number, order.status.as_str());
    StoreError::OrderChanged { line, order: order.into() }
}

fn no_such_order() -> StoreError {
    StoreError::not_found("there is no such order")
}
