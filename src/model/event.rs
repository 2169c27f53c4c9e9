//! Events: what the log keeps and the stream carries.

use crate::model::{
    notification::{Notification, Reading},
    order::Order,
};
use serde::{Deserialize, Serialize};

pub use crate::event_id::EventId;

/// The most bytes of JSON that one event may bear.
pub const DATA_MAX: usize = 16 * 1024;

/// Names that the stream keeps for itself or that only a change of ours may write; nobody can push them.
pub const RESERVED: [&str; 6] = ["connected", "ping", "resync", "session.ended", "streams", "notification.read"];

/// An event whose type we know. Others may be pushed and are borne as they are; a page has no use for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// An order is new or has changed.
    OrderUpdated(Order),
    /// A message has come.
    Notification(Notification),
    /// Messages have been read, in whichever tab or device.
    NotificationRead(Reading),
}

impl Event {
    /// The types a page listens to.
    pub const TYPES: [&str; 3] = ["order.updated", "notification", "notification.read"];

    /// The `event:` field.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::OrderUpdated(_) => Self::TYPES[0],
            Event::Notification(_) => Self::TYPES[1],
            Event::NotificationRead(_) => Self::TYPES[2],
        }
    }

    /// Reads the `data:` of an event of that type. `Ok(None)` where the type is not one of [`Event::TYPES`].
    pub fn decode(kind: &str, data: &str) -> Result<Option<Event>, serde_json::Error> {
        let mut data = serde_json::Deserializer::from_str(data);
        let event = Event::read(kind, &mut data)?;
        event.map_or(Ok(None), |event| data.end().map(|()| Some(event)))
    }

    /// The same, of data that is read by other means.
    pub fn read<'de, D: serde::Deserializer<'de>>(kind: &str, data: D) -> Result<Option<Event>, D::Error> {
        Ok(Some(match kind {
            "order.updated" => Event::OrderUpdated(Order::deserialize(data)?),
            "notification" => Event::Notification(Notification::deserialize(data)?),
            "notification.read" => Event::NotificationRead(Reading::deserialize(data)?),
            _ => return Ok(None),
        }))
    }

    /// When it happened, RFC 3339; reading has no time of its own.
    pub fn time(&self) -> Option<&str> {
        match self {
            Event::OrderUpdated(order) => Some(&order.updated_at),
            Event::Notification(notification) => Some(&notification.timestamp),
            Event::NotificationRead(_) => None,
        }
    }
}

/// The data of `connected`: who this stream is, and when it opened.
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
        let event = Event::NotificationRead(Reading { ids: vec!["a".into()], unread: 3 });
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"ids":["a"],"unread":3}"#);
        assert_eq!(Event::decode(event.kind(), &json).unwrap(), Some(event));
        assert_eq!(Event::decode("weather", "{}").unwrap(), None);
    }
}
