//! Placing, advancing and cancelling orders. Each tells the customer and all staff (`order.updated`), in the same transaction, and leaves
//! a step: who did what, and when.

use super::{
    audience::user_and_staff,
    error::StoreError,
    handle::Store,
    health::Part,
    order_rows::of_ids,
    order_runs::{Index, Run},
    text::new_id,
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
use sqlx::Row;
use std::collections::HashSet;

/// Who advances the demo's orders: no user's name.
pub const DEMO_TRAFFIC: &str = "demo traffic";

impl Store {
    /// Places an order of `items` (not empty, each product once) for `customer`.
    pub async fn place_order(&self, customer: &str, items: Vec<Item>) -> Result<Order, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.place_order(customer, items);
            change.finish(outcome).await
        })
        .await
    }

    /// Moves an order one step on, and notifies its customer. An order at its end is a conflict, and so is one of another version than
    /// `version`, where that is given. `by`: a user name, or [`DEMO_TRAFFIC`].
    pub async fn advance_order(&self, by: &str, order_id: &str, version: Option<i64>) -> Result<Order, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = async {
                let order = change.order(order_id).await?;
                change.advance(by, order, version).await
            };
            let outcome = outcome.await;
            change.finish(outcome).await
        })
        .await
    }

    /// Moves each of them one step on, in one transaction. One that cannot be moved keeps none of the others back. Of an order that is
    /// named several times, the first counts.
    pub async fn advance_orders(&self, by: &str, orders: &[SeenOrder]) -> Result<Advanced, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.advance_all(by, orders).await;
            change.finish(outcome).await
        })
        .await
    }

    /// An order that can still be advanced: the oldest one of a status that is chosen by chance; `None` where there is none.
    pub async fn some_open_order(&self) -> Result<Option<String>, StoreError> {
        let mut open: Vec<_> = Status::ALL.into_iter().filter(|status| status.next().is_some()).collect();
        fastrand::shuffle(&mut open);
        self.watched(Part::Pages, async {
            for status in open {
                let query = Run::of(Index::OrdersByStatus, &[status.as_str()]).oldest(self.database, "order_id", 1);
                if let Some(row) = self.pages.rows(|| query.bound()).await?.first() {
                    return Ok(Some(row.try_get(0)?));
                }
            }
            Ok(None)
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
    fn place_order(&mut self, customer: &str, items: Vec<Item>) -> Result<Order, StoreError> {
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
        self.orders.place(&order);
        self.tell_of_order(&order)?;
        Ok(order)
    }

    async fn order(&mut self, order_id: &str) -> Result<Order, StoreError> {
        let database = self.database();
        of_ids(self.db(), database, &[order_id]).await?.remove(order_id).ok_or_else(no_such_order)
    }

    async fn advance_all(&mut self, by: &str, orders: &[SeenOrder]) -> Result<Advanced, StoreError> {
        let (database, ids) = (self.database(), orders.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>());
        let mut found = of_ids(self.db(), database, &ids).await?;
        let mut outcome = Advanced::default();
        let mut named = HashSet::new();
        for SeenOrder { order_id, version } in orders.iter().filter(|order| named.insert(&order.order_id)) {
            let advanced = match found.remove(order_id) {
                Some(order) => self.advance(by, order, *version).await,
                None => Err(no_such_order()),
            };
            match advanced {
                Ok(order) => outcome.orders.push(order),
                Err(error) if error.is_failure() => return Err(error),
                Err(refusal) => outcome.refused.push(refusal.to_string()),
            }
        }
        Ok(outcome)
    }

    async fn advance(&mut self, by: &str, order: Order, version: Option<i64>) -> Result<Order, StoreError> {
        let order = self.of_version(order, version, true).await?;
        let Some(next) = order.status.next() else { return Err(too_late(order)) };
        let order = self.set_status(order, next, by)?;
        if let Some((title, message)) = told_of(next, order.number) {
            self.notify(&Audience::User(order.customer.clone()), title, &message, Some(&order.order_id), None).await?;
        }
        Ok(order)
    }

    async fn cancel(&mut self, by: &User, order_id: &str, version: Option<i64>) -> Result<Order, StoreError> {
        let order = self.order(order_id).await?;
        if !by.is_staff() && order.customer != by.username {
            return Err(no_such_order());
        }
        let order = self.of_version(order, version, by.is_staff()).await?;
        if !order.status.can_cancel() {
            return Err(too_late(order));
        }
        self.set_status(order, Status::Cancelled, &by.username)
    }

    /// The order, if it is of the version that was seen. The refusal says who has changed it, if the caller may know.
    async fn of_version(&mut self, order: Order, seen: Option<i64>, may_know_who: bool) -> Result<Order, StoreError> {
        if seen.is_none_or(|version| version == order.version) {
            return Ok(order);
        }
        let step = "SELECT changed_by FROM order_steps WHERE number = $1 AND version = $2";
        let step = sqlx::query(step).bind(order.number).bind(order.version).fetch_optional(self.db()).await?;
        let who = step.map(|step| step.try_get::<Option<String>, _>(0)).transpose()?.flatten().filter(|_| may_know_who);
        let by = who.map(|who| format!(" by {who}")).unwrap_or_default();
        let line = format!("order {} was changed meanwhile{by}: it is {} now", order.number, order.status.as_str());
        Err(StoreError::OrderChanged { line, order: order.into() })
    }

    fn set_status(&mut self, order: Order, status: Status, by: &str) -> Result<Order, StoreError> {
        let from = order.status;
        let changed = Order { status, updated_at: now(), version: order.version + 1, ..order };
        self.orders.set_status(&changed, from, by);
        self.tell_of_order(&changed)?;
        Ok(changed)
    }

    fn tell_of_order(&mut self, order: &Order) -> Result<(), StoreError> {
        self.tell(&user_and_staff(&order.customer), &Event::OrderUpdated(order.clone()))?;
        Ok(())
    }
}

/// Title and message of what its customer is told when the order of that number has got this status; `None` where that is nothing.
pub(super) fn told_of(status: Status, number: i64) -> Option<(&'static str, String)> {
    let (title, what) = match status {
        Status::Packed => ("Order packed", "is packed and waits for the courier."),
        Status::Shipped => ("Order shipped", "is on its way to you."),
        Status::Delivered => ("Order delivered", "has arrived. Enjoy!"),
        Status::Placed | Status::Cancelled => return None,
    };
    Some((title, format!("Order {number} {what}")))
}

fn too_late(order: Order) -> StoreError {
    let line = format!("order {} is already {}", order.number, order.status.as_str());
    StoreError::OrderChanged { line, order: order.into() }
}

pub(super) fn no_such_order() -> StoreError {
    StoreError::not_found("there is no such order")
}
