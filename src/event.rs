//! Events: what the log keeps and the stream bears, and the identifiers that order them.

use crate::{
    notification::{Notification, Reading},
    order::Order,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The most bytes of JSON that one event may bear.
pub const DATA_MAX: usize = 16 * 1024;

/// Names that the stream keeps for itself or that only a change of ours may write; nobody can push them.
pub const RESERVED: [&str; 6] = ["connected", "ping", "resync", "session.ended", "streams", "notification.read"];

/// The position of an event in the log, written `<epoch>-<sequence>`. The epoch names the log, so that a position in another one
/// (the database was made anew) is never mistaken for one in this.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    pub epoch: String,
    pub sequence: i64,
}

impl EventId {
    /// A position in no log: whoever resumes from it gets a `resync`. No epoch is this word.
    pub fn nowhere() -> Self {
        Self { epoch: "none".into(), sequence: 0 }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}

/// The text is no identifier of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event id (<epoch>-<sequence>)")]
pub struct NotAnId;

impl FromStr for EventId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (epoch, digits) = text.split_once('-').ok_or(NotAnId)?;
        let plain = !epoch.is_empty() && epoch.len() <= 32 && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // `parse` alone would also take a sign and leading zeros: two texts for one position.
        let canonical = digits == "0" || (digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0'));
        let sequence = digits.parse().ok().filter(|_| plain && canonical).ok_or(NotAnId)?;
        Ok(Self { epoch: epoch.to_owned(), sequence })
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_itself(epoch in "[a-z0-9]{1,32}", sequence in 0..=i64::MAX) {
            let id = EventId { epoch, sequence };
            prop_assert_eq!(id.to_string().parse::<EventId>(), Ok(id));
        }

        #[test]
        fn each_position_has_one_text(text in "\\PC{0,40}") {
            if let Ok(id) = text.parse::<EventId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn what_is_no_id_of_ours_is_refused() {
        for text in ["", "-", "7", "e-", "-7", "e--7", "e-+7", "e-07", "e-7 ", "e-99999999999999999999", "ä-7", "e-7-7"] {
            assert_eq!(text.parse::<EventId>(), Err(NotAnId), "{text:?}");
        }
    }

    #[test]
    fn an_event_reads_back_from_its_own_json() {
        let event = Event::NotificationRead(Reading { ids: vec!["a".into()], unread: 3 });
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"ids":["a"],"unread":3}"#);
        assert_eq!(Event::decode(event.kind(), &json).unwrap(), Some(event));
        assert_eq!(Event::decode("weather", "{}").unwrap(), None);
    }
}
