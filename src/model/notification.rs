//! Notifications: a short message to one user or to everyone, with a read state for each user.

use serde::{Deserialize, Serialize};

/// A notification; also, as it stands, the data of `notification`. `timestamp` is RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    pub id: String,
    pub title: String,
    pub message: String,
    pub timestamp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Whether the user of the snapshot has read it; never part of an event.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
}

/// The longest title, in characters.
pub const TITLE_MAX: usize = 120;

/// The longest message, in characters: even where JSON escapes each of them, an event stays below its limit.
pub const MESSAGE_MAX: usize = 2_000;

/// Unread notifications are counted to this number: it stands for so many or more. Pages show one less, and a plus.
pub const UNREAD_MAX: i64 = 100;

/// The key of the messages that one rendering of a page sends: of the same message with the same key, one is sent. Each rendering has
/// another one, in its context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderingKey(pub String);

/// The address of all notifications.
pub const NOTIFICATIONS: &str = "/notifications";

/// A page of a user's notifications, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationPage {
    pub notifications: Vec<Notification>,
    /// Whether there are newer ones than these.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
}

/// Which notifications were read, and how many are left: the data of `notification.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub ids: Vec<String>,
    /// At most [`UNREAD_MAX`].
    pub unread: i64,
    /// The id of a notification: it and all that came before it are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
}
