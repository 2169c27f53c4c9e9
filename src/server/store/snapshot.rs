//! Snapshots: what a page shows, read at one moment of the log, with the position of that moment. A stream that opens there continues
//! it exactly: no event falls between, none is shown twice.

use super::{
    error::StoreError,
    handle::Store,
    health::Part,
    notifications,
    orders::{COLUMNS, order},
};
use crate::model::{
    event::EventId,
    notification::Notification,
    order::{CATALOGUE, Order, Status},
    snapshot::{Filter, NOTIFICATIONS_PER_PAGE, ORDERS_PER_PAGE, SEARCH_MAX, Snapshot},
    user::User,
};
use sqlx::{AnyConnection, Row};
use std::time::Duration;

impl Store {
    /// What `user` may see of what `filter` lets through: staff all orders, a customer their own; the newest first.
    pub async fn snapshot(&self, user: User, filter: Filter, keep_alive: Duration) -> Result<Snapshot, StoreError> {
        if filter.search.chars().count() > SEARCH_MAX {
            return Err(StoreError::invalid(format!("a search has at most {SEARCH_MAX} characters")).at("q"));
        }
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let state = sqlx::query("SELECT epoch, head FROM log").fetch_one(moment.db()).await?;
            let cursor = EventId { epoch: state.try_get(0)?, sequence: state.try_get(1)? };
            let mut orders = orders(moment.db(), &user, &filter).await?;
            let older = orders.len() > ORDERS_PER_PAGE;
            orders.truncate(ORDERS_PER_PAGE);
            let notifications = newest_notifications(moment.db(), &user.username).await?;
            let unread = notifications::unread(moment.db(), &user.username).await?;
            moment.end().await?;
            Ok(Snapshot {
                cursor,
                user,
                orders,
                filter,
                older,
                notifications,
                unread,
                console_stats: None,
                keep_alive_ms: u64::try_from(keep_alive.as_millis()).unwrap_or(u64::MAX),
            })
        })
        .await
    }
}

/// One order more than a page shows, where there are so many.
async fn orders(db: &mut AnyConnection, user: &User, filter: &Filter) -> Result<Vec<Order>, StoreError> {
    let search = filter.search.to_lowercase().replace('\0', "\u{fffd}");
    // The names of products are the catalogue's, and so are these texts; what was typed is bound.
    let named = CATALOGUE.iter().filter(|product| product.name.to_lowercase().contains(&search));
    let with_product: String = named.map(|product| format!(" OR items LIKE '%\"sku\":\"{}\"%'", product.sku)).collect();
    // `%` and `_` stand for themselves in a search.
    let part = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let query = format!(
        "SELECT {COLUMNS} FROM orders WHERE (customer = $1 OR $2 = 1) AND number < $3 AND ($4 = '' OR status = $4) \
         AND ($5 = '' OR CAST(number AS TEXT) = $5 OR customer LIKE $6 ESCAPE '\\'{with_product}) ORDER BY number DESC LIMIT $7"
    );
    let rows = sqlx::query(&query)
        .bind(&user.username)
        .bind(i64::from(user.is_staff()))
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.status.map_or("", Status::as_str))
        .bind(&search)
        .bind(format!("%{part}%"))
        .bind(ORDERS_PER_PAGE as i64 + 1)
        .fetch_all(db)
        .await?;
    rows.iter().map(order).collect()
}

/// In commit order, whatever time whoever pushed one has given it. The user's own and everybody's are read apart, each along its index.
async fn newest_notifications(db: &mut AnyConnection, username: &str) -> Result<Vec<Notification>, StoreError> {
    let newest = |audience: &str| {
        format!(
            "SELECT * FROM (SELECT n.id, n.title, n.message, n.created_at, n.order_id, n.position, \
                 CASE WHEN n.position <= u.read_through \
                     OR EXISTS (SELECT 1 FROM notification_reads r WHERE r.username = $1 AND r.notification_id = n.id) \
                 THEN 1 ELSE 0 END AS seen \
             FROM notifications n JOIN users u ON u.username = $1 WHERE {audience} ORDER BY n.position DESC, n.id DESC LIMIT $2) AS part"
        )
    };
    let (own, all) = (newest("n.audience = $1"), newest("n.audience = '*' AND n.position > u.since_position"));
    let query = format!("{own} UNION ALL {all} ORDER BY position DESC, id DESC LIMIT $2");
    let rows = sqlx::query(&query).bind(username).bind(NOTIFICATIONS_PER_PAGE as i64).fetch_all(db).await?;
    let shown = rows.iter().map(|row| {
        Ok(Notification {
            id: row.try_get(0)?,
            title: row.try_get(1)?,
            message: row.try_get(2)?,
            timestamp: row.try_get(3)?,
            order_id: row.try_get(4)?,
            read: row.try_get::<i64, _>(6)? == 1,
        })
    });
    shown.collect()
}
