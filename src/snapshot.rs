//! What a page shows, as of one position in the log: the start of a page's state, which events then carry on.

use crate::{event::EventId, notification::Notification, order::Order, user::User};
use reactive_stores::Store;
use serde::{Deserialize, Serialize};

/// Orders that a page shows; older ones are a page further.
pub const ORDERS: usize = 100;

/// All that a page of `user` shows at `cursor`. Orders and notifications stand newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Store)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Every event up to here is in it, none after.
    pub cursor: EventId,
    pub user: User,
    #[store(key: String = |order| order.order_id.clone())]
    pub orders: Vec<Order>,
    /// These orders are numbered below this one; `None` where they are the newest, and a new one belongs on top.
    pub before: Option<i64>,
    /// Whether there are older ones.
    pub older: bool,
    #[store(key: String = |notification| notification.id.clone())]
    pub notifications: Vec<Notification>,
    /// How many notifications are not read, shown here or not.
    pub unread: i64,
    /// The silence after which the stream says that it is alive; a page that hears nothing for longer opens it again.
    pub keep_alive_ms: u64,
}
