//! Events: the types that the log keeps, and the types that a stream sends on its own.

use crate::model::{
    notification::{Notification, Reading},
    order::Order,
};
use serde::{Deserialize, Serialize};

pub use crate::event_id::EventId;

/// The most bytes of JSON in one event's data.
pub const DATA_MAX: usize = 16 * 1024;

/// The first event of each stream.
pub const CONNECTED: &str = "connected";
/// Comes with each keep-alive.
pub const PING: &str = "ping";
/// The cursor cannot be served: the page fetches a snapshot.
pub const RESYNC: &str = "resync";
/// The session has ended, and the stream with it.
pub const SESSION_ENDED: &str = "session.ended";
/// Console stats for staff, which are ephemeral.
pub const STREAMS: &str = "streams";

/// Event types that are not in the log: the stream's own, and the ephemeral ones.
pub const CONTROL_EVENTS: [&str; 5] = [CONNECTED, PING, RESYNC, SESSION_ENDED, STREAMS];

/// Whether another program may push events of this type: not where a page believes that this program alone has sent it.
pub fn can_be_pushed(kind: &str) -> bool {
    !CONTROL_EVENTS.contains(&kind) && kind != NOTIFICATION_READ
}

const ORDER_UPDATED: &str = "order.updated";
const NOTIFICATION: &str = "notification";
const NOTIFICATION_READ: &str = "notification.read";

/// An event of the log whose type this program knows. Other types can be pushed; streams send them as they are, and pages ignore them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// An order is new or has changed.
    OrderUpdated(Order),
    /// A notification for the user, or for everyone.
    Notification(Notification),
    /// Notifications were read, in any tab or device of the user.
    NotificationRead(Reading),
}

impl Event {
    /// The types of the log that a page listens to.
    pub const TYPES: [&str; 3] = [ORDER_UPDATED, NOTIFICATION, NOTIFICATION_READ];

    /// The `event:` field.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::OrderUpdated(_) => ORDER_UPDATED,
            Event::Notification(_) => NOTIFICATION,
            Event::NotificationRead(_) => NOTIFICATION_READ,
        }
    }

    /// Reads the `data:` of an event of that type. `Ok(None)` where the type is not one of [`Event::TYPES`].
    pub fn decode(kind: &str, data: &str) -> Result<Option<Event>, serde_json::Error> {
        let mut data = serde_json::Deserializer::from_str(data);
        let event = Event::read(kind, &mut data)?;
        event.map_or(Ok(None), |event| data.end().map(|()| Some(event)))
    }

    /// The same, with any deserializer: the browser has a smaller one than serde_json's.
    pub fn read<'de, D: serde::Deserializer<'de>>(kind: &str, data: D) -> Result<Option<Event>, D::Error> {
        Ok(Some(match kind {
            ORDER_UPDATED => Event::OrderUpdated(Order::deserialize(data)?),
            NOTIFICATION => Event::Notification(Notification::deserialize(data)?),
            NOTIFICATION_READ => Event::NotificationRead(Reading::deserialize(data)?),
            _ => return Ok(None),
        }))
    }

    /// When it happened, RFC 3339. `notification.read` carries no time.
    pub fn time(&self) -> Option<&str> {
        match self {
            Event::OrderUpdated(order) => Some(&order.updated_at),
            Event::Notification(notification) => Some(&notification.timestamp),
            Event::NotificationRead(_) => None,
        }
    }
}

/// The id of the build that renders a page, in the context of its rendering. Streams say theirs in `connected`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderingBuild(pub String);

/// The data of `connected`: the stream's id, and when it opened (RFC 3339).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    pub client_id: String,
    pub timestamp: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_from_its_own_json() {
        let event = Event::NotificationRead(Reading { ids: vec!["a".into()], unread: 3, through: None });
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"ids":["a"],"unread":3}"#);
        assert_eq!(Event::decode(event.kind(), &json).unwrap(), Some(event));
        assert_eq!(Event::decode("weather", "{}").unwrap(), None);
    }

    #[test]
    fn nobody_can_push_what_only_this_program_says() {
        assert!(CONTROL_EVENTS.into_iter().chain([NOTIFICATION_READ]).all(|kind| !can_be_pushed(kind)));
        assert!([ORDER_UPDATED, NOTIFICATION, "weather.changed"].into_iter().all(can_be_pushed));
    }
}
