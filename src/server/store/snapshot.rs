//! Snapshots: what a page shows, read at one moment of the log, with the position of that moment. A stream that opens there continues
//! it exactly: no event falls between, none is shown twice.
//!
//! Promise: it takes a few statements, and where days are looked for some forty more that read one row each; and none reads more rows than are shown or counted, however large the shop is.

use super::{
    error::StoreError,
    handle::Store,
    health::Part,
    notification_list::{Reader, newest, unread},
    order_list::{Page, check, page, tallies},
    order_search::Search,
};
use crate::model::{
    event::EventId,
    snapshot::{Filter, NOTIFICATIONS_PER_PAGE, Snapshot},
    user::User,
};
use sqlx::Row;
use std::time::Duration;

impl Store {
    /// What `user` may see of what `filter` lets through: staff all orders, a customer their own; as the filter sorts
    /// them.
    pub async fn snapshot(&self, user: User, filter: Filter, keep_alive: Duration) -> Result<Snapshot, StoreError> {
        check(&user, &filter)?;
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let state = sqlx::query("SELECT epoch, head, last_order_number FROM log").fetch_one(moment.db()).await?;
            let cursor = EventId { epoch: state.try_get(0)?, sequence: state.try_get(1)? };
            let search = Search::read(moment.db(), &user, &filter, state.try_get(2)?).await?;
            let Page { orders, older, places, filter } = page(moment.db(), self.database, &search, filter).await?;
            let tallies = match user.is_staff() && filter.is_narrowed() {
                true => Some(tallies(moment.db(), self.database, &search).await?),
                false => None,
            };
            let reader = Reader::of(moment.db(), &user.username).await?;
            let notifications = newest(moment.db(), &reader, NOTIFICATIONS_PER_PAGE).await?;
            let unread = unread(moment.db(), &reader).await?;
            moment.end().await?;
            Ok(Snapshot {
                cursor,
                orders,
                filter,
                older,
                places,
                tallies,
                notifications,
                unread,
                user,
                console_stats: None,
                keep_alive_ms: u64::try_from(keep_alive.as_millis()).unwrap_or(u64::MAX),
            })
        })
        .await
    }
}
