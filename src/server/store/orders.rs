//! Placing, advancing and cancelling orders. Each tells the customer and all staff (`order.updated`), in the same transaction.

use super::{Audience, Change, Store, can_be_kept, log::user_and_staff, new_id, notifications, now};
use crate::model::{
    error::{Error, Kind},
    event::Event,
    order::{Advanced, Item, Order, Status},
    user::User,
};
use sqlx::{Row, any::AnyRow};

/// The columns that [`order`] reads, in its order.
pub(super) const COLUMNS: &str = "order_id, number, customer, status, items, total_cents, placed_at, updated_at, version";

impl Store {
    /// Places an order of `items` (not empty) for `customer`.
    pub async fn place_order(&self, customer: &str, items: Vec<Item>) -> Result<Order, Error> {
        let now = now();
        let mut change = self.change().await?;
        let number: i64 = sqlx::query_scalar("UPDATE log SET last_order_number = last_order_number + 1 RETURNING last_order_number")
            .fetch_one(change.db())
            .await?;
        let order = Order {
            order_id: new_id(),
            number,
            status: Status::Placed,
            customer: customer.into(),
            total_cents: items.iter().map(|item| i64::from(item.quantity) * item.price_cents).sum(),
            items,
            placed_at: now.clone(),
            updated_at: now,
            version: 1,
        };
        let items = serde_json::to_string(&order.items).map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
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
            .execute(change.db())
            .await?;
        change.tell_of_order(&order).await?;
        change.commit().await?;
        Ok(order)
    }

    /// Moves an order one step on, and notifies its customer. An order at its end is a conflict.
    pub async fn advance_order(&self, order_id: &str) -> Result<Order, Error> {
        let mut change = self.change().await?;
        let order = change.advance(order_id).await?;
        change.commit().await?;
        Ok(order)
    }

    /// Moves each of them one step on, in one transaction. One that cannot be moved keeps none of the others back.
    pub async fn advance_orders(&self, order_ids: &[String]) -> Result<Advanced, Error> {
        let mut change = self.change().await?;
        let mut outcome = Advanced::default();
        for order_id in order_ids {
            match change.advance(order_id).await {
                Ok(order) => outcome.orders.push(order),
                Err(error) if matches!(error.kind, Kind::NotFound | Kind::Conflict) => outcome.refused.push(error.error),
                Err(error) => return Err(error),
            }
        }
        change.commit().await?;
        Ok(outcome)
    }

    /// An order that can still be advanced, chosen by chance; `None` where there is none.
    pub async fn some_open_order(&self) -> Result<Option<String>, Error> {
        let open = "SELECT order_id FROM orders WHERE status IN ('placed', 'packed', 'shipped') ORDER BY RANDOM() LIMIT 1";
        Ok(sqlx::query_scalar(open).fetch_optional(&self.reader).await?)
    }

    /// Cancels an order that is not shipped yet. A customer's hand reaches only their own; another's does not exist for them.
    pub async fn cancel_order(&self, by: &User, order_id: &str) -> Result<Order, Error> {
        let mut change = self.change().await?;
        let order = change.order(order_id).await?;
        if !by.is_staff() && order.customer != by.username {
            return Err(no_such_order());
        }
        if !order.status.can_cancel() {
            return Err(Error::new(Kind::Conflict, format!("order {} is {} already", order.number, order.status.as_str())));
        }
        let order = change.set_status(order, Status::Cancelled).await?;
        change.commit().await?;
        Ok(order)
    }
}

impl Change<'_> {
    async fn order(&mut self, order_id: &str) -> Result<Order, Error> {
        if !can_be_kept(order_id) {
            return Err(no_such_order());
        }
        let row =
            sqlx::query(&format!("SELECT {COLUMNS} FROM orders WHERE order_id = $1")).bind(order_id).fetch_optional(self.db()).await?;
        order(&row.ok_or_else(no_such_order)?)
    }

    async fn advance(&mut self, order_id: &str) -> Result<Order, Error> {
        let order = self.order(order_id).await?;
        let Some(next) = order.status.next() else {
            return Err(Error::new(Kind::Conflict, format!("order {} is {} already", order.number, order.status.as_str())));
        };
        let order = self.set_status(order, next).await?;
        let (title, message) = match next {
            Status::Packed => ("Order packed", "is packed and waits for the courier."),
            Status::Shipped => ("Order shipped", "is on its way to you."),
            _ => ("Order delivered", "has arrived. Enjoy!"),
        };
        let audience = Audience::User(order.customer.clone());
        let message = format!("Order {} {message}", order.number);
        notifications::add(self, &audience, title, &message, Some(&order.order_id)).await?;
        Ok(order)
    }

    /// Held against the version that was read: of two who change an order at once, one is told to look again.
    async fn set_status(&mut self, order: Order, status: Status) -> Result<Order, Error> {
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
            return Err(Error::new(Kind::Conflict, "somebody else has just changed this order; look again"));
        }
        self.tell_of_order(&changed).await?;
        Ok(changed)
    }

    async fn tell_of_order(&mut self, order: &Order) -> Result<(), Error> {
        self.tell(&user_and_staff(&order.customer), &Event::OrderUpdated(order.clone())).await?;
        Ok(())
    }
}

/// Reads a row of [`COLUMNS`].
pub(super) fn order(row: &AnyRow) -> Result<Order, Error> {
    let (status, items): (String, String) = (row.try_get(3)?, row.try_get(4)?);
    let unreadable = |what: &str| Error::new(Kind::Internal, format!("an order's {what} cannot be read"));
    Ok(Order {
        order_id: row.try_get(0)?,
        number: row.try_get(1)?,
        customer: row.try_get(2)?,
        status: Status::parse(&status).ok_or_else(|| unreadable("status"))?,
        items: serde_json::from_str(&items).map_err(|_| unreadable("items"))?,
        total_cents: row.try_get(5)?,
        placed_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
        version: row.try_get(8)?,
    })
}

fn no_such_order() -> Error {
    Error::new(Kind::NotFound, "there is no such order")
}
