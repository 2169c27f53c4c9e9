//! One order with its history: who did what when, and what its customer was told.

use super::{
    error::StoreError,
    handle::Store,
    health::Part,
    notification_list::{READ, shown},
    order_rows::{COLUMNS, status, with_items},
    orders::no_such_order,
    text::can_be_kept,
};
use crate::model::{
    order::{NOTIFICATIONS_OF_ORDER, OrderDetails, OrderStep, THE_SHOP},
    user::User,
};
use sqlx::Row;

impl Store {
    /// The order of that number, as `user` may see it. A customer reaches only their own; another's does not exist for them.
    pub async fn order_details(&self, user: &User, number: i64) -> Result<OrderDetails, StoreError> {
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let order = format!("SELECT {COLUMNS} FROM orders WHERE number = $1");
            let rows = sqlx::query(&order).bind(number).fetch_all(moment.db()).await?;
            let order = with_items(moment.db(), self.database, &rows).await?.pop();
            let Some(order) = order.filter(|order| user.is_staff() || order.customer == user.username) else {
                moment.end().await?;
                return Err(no_such_order());
            };
            let steps = "SELECT version, status, changed_by, changed_at FROM order_steps WHERE number = $1 ORDER BY version";
            let steps = sqlx::query(steps).bind(number).fetch_all(moment.db()).await?;
            let steps = steps.iter().map(|row| {
                Ok(OrderStep { version: row.try_get(0)?, status: status(row.try_get(1)?)?, by: row.try_get(2)?, at: row.try_get(3)? })
            });
            let steps = steps.collect::<Result<Vec<_>, StoreError>>()?;
            let steps = if user.is_staff() { steps } else { as_customers_are_told(steps, &user.username) };
            let told = told(user.is_staff());
            let notifications = sqlx::query(&told).bind(&order.customer).bind(&order.order_id);
            let notifications = notifications.fetch_all(moment.db()).await?;
            let notifications = notifications.iter().map(shown).collect::<Result<_, _>>()?;
            moment.end().await?;
            Ok(OrderDetails { order, steps, notifications })
        })
        .await
    }

    /// The number of the order of that id, as `user` may see it.
    pub async fn order_number(&self, user: &User, order_id: &str) -> Result<i64, StoreError> {
        if !can_be_kept(order_id) {
            return Err(no_such_order());
        }
        self.watched(Part::Pages, async {
            let query = || sqlx::query("SELECT number, customer FROM orders WHERE order_id = $1").bind(order_id);
            let found = match self.pages.rows(query).await?.first() {
                Some(row) => Some((row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?)),
                None => None,
            };
            let seen = found.filter(|(_, customer)| user.is_staff() || *customer == user.username);
            seen.map(|(number, _)| number).ok_or_else(no_such_order)
        })
        .await
    }
}

fn as_customers_are_told(steps: Vec<OrderStep>, customer: &str) -> Vec<OrderStep> {
    let told = |by: String| if by == customer { by } else { THE_SHOP.into() };
    steps.into_iter().map(|step| OrderStep { by: step.by.map(told), ..step }).collect()
}

/// A query for the newest notifications about an order: `$2`, of the customer `$1`. The staff see also what others were told.
fn told(all: bool) -> String {
    let whom = if all { "" } else { " AND n.audience = $1" };
    format!(
        "SELECT n.id, n.title, n.message, n.created_at, n.order_id, n.position, \
             CASE WHEN n.position <= COALESCE((SELECT u.read_through FROM users u WHERE u.username = $1), n.position - 1) \
                 OR {READ} \
             THEN 1 ELSE 0 END AS seen \
         FROM notifications n WHERE (n.order_id, n.position) >= ($2, -9223372036854775807) \
             AND (n.order_id, n.position) <= ($2, 9223372036854775807) AND n.order_id IS NOT NULL{whom} \
         ORDER BY n.order_id DESC, n.position DESC LIMIT {NOTIFICATIONS_OF_ORDER}"
    )
}
