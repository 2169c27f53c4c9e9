//! An event's id on the wire: `<epoch>-<sequence>`, its position in the log.
//!
//! Promise: each position has exactly one text, and a text that is not one is refused.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The position of an event in the log, written `<epoch>-<sequence>`. The epoch names the log, so that a position in another one
/// (another database, or this one before it was restored from a backup) is never mistaken for one in this.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    pub epoch: String,
    pub sequence: i64,
}

impl EventId {
    /// A position in no log: whoever resumes from it gets a `resync`. No log may have `none` for its epoch.
    pub fn nowhere() -> Self {
        Self { epoch: "none".into(), sequence: 0 }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}

/// The text is not an event's id.
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
    fn what_is_not_an_id_is_refused() {
        for text in ["", "-", "7", "e-", "-7", "e--7", "e-+7", "e-07", "e-7 ", "e-99999999999999999999", "ä-7", "e-7-7"] {
            assert_eq!(text.parse::<EventId>(), Err(NotAnId), "{text:?}");
        }
    }
}
