//! Snapshots: what a page shows, read at one moment of the log, with the position of that moment. A stream that opens there continues
//! it exactly: no event falls between, none is shown twice.

use super::{
    Store,
    notifications::{self, MINE},
    orders::{COLUMNS, order},
};
use crate::model::{
    error::Error,
    notification::Notification,
    order::{CATALOGUE, Status},
    snapshot::{Filter, NOTIFICATIONS_PER_PAGE, ORDERS_PER_PAGE, SEARCH_MAX, Snapshot},
    user::User,
};
use sqlx::Row;
use std::time::Duration;

impl Store {
    /// What `user` may see of what `filter` lets through: staff all orders, a customer their own; the newest first.
    pub async fn snapshot(&self, user: User, filter: Filter, keep_alive: Duration) -> Result<Snapshot, Error> {
        if filter.search.chars().count() > SEARCH_MAX {
            return Err(Error::invalid(format!("a search has at most {SEARCH_MAX} characters")).at("q"));
        }
        let search = filter.search.to_lowercase().replace('\0', "\u{fffd}");
        // The names of products are the catalogue's, and so are these texts; what was typed is bound.
        let named = CATALOGUE.iter().filter(|product| product.name.to_lowercase().contains(&search));
        let with_product: String = named.map(|product| format!(" OR items LIKE '%\"sku\":\"{}\"%'", product.sku)).collect();
        // `%` and `_` stand for themselves in a search.
        let part = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let mut moment = self.moment().await?;
        let head: i64 = sqlx::query_scalar("SELECT head FROM log").fetch_one(&mut *moment).await?;
        let orders = sqlx::query(&format!(
            "SELECT {COLUMNS} FROM orders WHERE (customer = $1 OR $2 = 1) AND number < $3 AND ($4 = '' OR status = $4) \
             AND ($5 = '' OR CAST(number AS TEXT) = $5 OR customer LIKE $6 ESCAPE '\\'{with_product}) ORDER BY number DESC LIMIT $7"
        ))
        .bind(&user.username)
        .bind(i64::from(user.is_staff()))
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.status.map_or("", Status::as_str))
        .bind(&search)
        .bind(format!("%{part}%"))
        .bind(ORDERS_PER_PAGE as i64 + 1)
        .fetch_all(&mut *moment)
        .await?;
        let mut orders = orders.iter().map(order).collect::<Result<Vec<_>, _>>()?;
        let older = orders.len() > ORDERS_PER_PAGE;
        orders.truncate(ORDERS_PER_PAGE);
        let rows = sqlx::query(&format!(
            "SELECT n.id, n.title, n.message, n.created_at, n.order_id, COALESCE(r.notification_id, '') FROM notifications n \
             LEFT JOIN notification_reads r ON r.username = $1 AND r.notification_id = n.id \
             WHERE {MINE} ORDER BY n.created_at DESC, n.id DESC LIMIT $2"
        ))
        .bind(&user.username)
        .bind(NOTIFICATIONS_PER_PAGE as i64)
        .fetch_all(&mut *moment)
        .await?;
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            let reading: String = row.try_get(5)?;
            shown.push(Notification {
                id: row.try_get(0)?,
                title: row.try_get(1)?,
                message: row.try_get(2)?,
                timestamp: row.try_get(3)?,
                order_id: row.try_get(4)?,
                read: !reading.is_empty(),
            });
        }
        let unread = notifications::unread(&mut moment, &user.username).await?;
        moment.commit().await?;
        Ok(Snapshot {
            cursor: self.id(head),
            user,
            orders,
            filter,
            older,
            notifications: shown,
            unread,
            console_stats: None,
            keep_alive_ms: u64::try_from(keep_alive.as_millis()).unwrap_or(u64::MAX),
        })
    }
}
