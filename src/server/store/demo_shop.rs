//! The past of the demo's shop, written at once.
//!
//! Promises: of all instances that start, one writes it, in one transaction, and only into a shop that never had an order. It agrees with
//! itself as a shop does that has run for days: versions with steps, counters with rows. The log is as after a trim: what happened has taken
//! its sequences, and none of it can be replayed.

use super::{
    audience::to_columns, error::StoreError, handle::Store, health::Part, notifications::NotificationRow, orders::told_of,
    schema::LAST_NUMBER_OF_NONE, text::new_id, transaction::Change,
};
use crate::{
    model::{
        notification::Notification,
        order::{Item, Order, OrderStep, Status},
        stats::{POINT, POINTS},
    },
    server::{clock::rfc3339_of, sse::Audience},
};
use std::collections::{BTreeMap, BTreeSet};

/// An order of the past.
#[derive(Clone, Debug)]
pub struct PastOrder {
    pub customer: String,
    pub items: Vec<Item>,
    /// The oldest first, from [`Status::Placed`] on.
    pub steps: Vec<PastStep>,
}

/// It got this status.
#[derive(Clone, Debug)]
pub struct PastStep {
    pub status: Status,
    /// A user name.
    pub by: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl Store {
    /// Writes the past of a shop, unless it ever had an order. What its customers were told before `told_since` is gone; what they were told
    /// before `read_until` they have read (milliseconds since 1970). Returns whether it has written it.
    pub async fn write_past(&self, past: &[PastOrder], told_since: i64, read_until: i64) -> Result<bool, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.write_past(past, told_since, read_until).await;
            change.finish(outcome).await
        })
        .await
    }
}

impl Change {
    async fn write_past(&mut self, past: &[PastOrder], told_since: i64, read_until: i64) -> Result<bool, StoreError> {
        if self.log.last_order_number != LAST_NUMBER_OF_NONE {
            return Ok(false);
        }
        let orders = self.add_past_orders(past);
        let mut happened: Vec<_> =
            past.iter().zip(&orders).flat_map(|(past, order)| past.steps.iter().map(move |step| (step, order))).collect();
        happened.sort_by_key(|(step, _)| step.at);
        let (mut told, mut heads, mut read_through) = (Vec::new(), BTreeMap::new(), self.log.head);
        for (step, order) in happened {
            heads.entry(step.at / (POINT * 1_000)).or_insert(self.log.head);
            self.log.head += 1;
            if let Some((title, message)) = told_of(step.status, order.number) {
                self.log.head += 1;
                if step.at >= told_since {
                    told.push((notification(title, message, step.at, order), self.log.head, &order.customer));
                }
            }
            if step.at < read_until {
                read_through = self.log.head;
            }
        }
        let rows =
            told.iter().map(|(told, position, customer)| NotificationRow::new(told, &Audience::User((*customer).clone()), *position));
        self.write_notifications(&rows.collect::<Vec<_>>()).await?;
        let customers: BTreeSet<_> = past.iter().map(|order| to_columns(&Audience::User(order.customer.clone())).0).collect();
        for customer in customers {
            let read = sqlx::query("UPDATE users SET read_through = $2 WHERE username = $1").bind(customer).bind(read_through);
            read.execute(self.db()).await?;
        }
        // The point that runs has its head from the log's own row.
        let current = self.log.clock_read_at / (POINT * 1_000);
        for (point, head) in heads.range(current - POINTS as i64..current) {
            self.write_head_of(*point, *head).await?;
        }
        self.log.floor = self.log.head;
        self.write_log().await?;
        Ok(true)
    }

    /// Numbers them, and has them written with the commit.
    fn add_past_orders(&mut self, past: &[PastOrder]) -> Vec<Order> {
        let mut orders = Vec::with_capacity(past.len());
        for PastOrder { customer, items, steps } in past {
            let Some((first, last)) = steps.first().zip(steps.last()) else { continue };
            self.log.last_order_number += 1;
            let order = Order {
                order_id: new_id(),
                number: self.log.last_order_number,
                status: last.status,
                customer: customer.clone(),
                total_cents: items.iter().map(|item| i64::from(item.quantity) * item.price_cents).sum(),
                items: items.clone(),
                placed_at: rfc3339_of(first.at),
                updated_at: rfc3339_of(last.at),
                version: steps.len() as i64,
            };
            let steps = steps.iter().zip(1..);
            let steps =
                steps.map(|(step, version)| OrderStep { version, status: step.status, by: Some(step.by.clone()), at: rfc3339_of(step.at) });
            self.orders.add(&order, steps);
            orders.push(order);
        }
        orders
    }
}

fn notification(title: &str, message: String, at: i64, order: &Order) -> Notification {
    let order_id = Some(order.order_id.clone());
    Notification { id: new_id(), title: title.into(), message, timestamp: rfc3339_of(at), order_id, read: false }
}
