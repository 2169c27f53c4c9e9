//! What tabs that share a connection say to each other, encoded as a list of texts.
//!
//! Promise: what is encoded is decoded as the same; what another program has written is not decoded at all.

use super::report::RetryReason;
use crate::{browser::tabs::Message, model::event::EventId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TabMessage {
    /// From the leader: the connection is being opened.
    Opening,
    /// From the leader: it is open, and has been read up to `past`.
    Live { past: EventId, greeting: Greeting },
    /// From the leader: this event was received, and there was nothing between it and `past`.
    Received { past: EventId, id: String, kind: String, data: String },
    /// From the leader: the connection is tried again in so many milliseconds.
    Waiting { left_ms: u64, why: RetryReason },
    /// From a follower: this is its position; what is the state, and what comes after that position?
    Join(EventId),
    /// From a follower: the user does not want to wait.
    RetryNow,
}

/// What the leader knows from the stream's `connected`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The event's data.
    pub data: String,
    /// When the server opened the stream (RFC 3339): an event from before had been missed. Empty where it did not say.
    pub opened: String,
    /// See [`super::ReceivedEvent::ahead`].
    pub ahead: i64,
}

/// As they are numbered in a message.
const REASONS: [RetryReason; 3] = [RetryReason::Broken, RetryReason::TooMany, RetryReason::Busy];

impl Message for TabMessage {
    fn encode(self) -> Vec<String> {
        match self {
            Self::Opening => vec!["opening".into()],
            Self::Live { past, greeting: Greeting { data, opened, ahead } } => {
                vec!["live".into(), past.to_string(), data, opened, ahead.to_string()]
            }
            Self::Received { past, id, kind, data } => vec!["received".into(), past.to_string(), id, kind, data],
            Self::Waiting { left_ms, why } => {
                let why = REASONS.iter().position(|other| *other == why).unwrap_or_default();
                vec!["waiting".into(), left_ms.to_string(), why.to_string()]
            }
            Self::Join(position) => vec!["join".into(), position.to_string()],
            Self::RetryNow => vec!["retry-now".into()],
        }
    }

    fn decode(fields: Vec<String>) -> Option<Self> {
        let mut fields = fields.into_iter();
        let mut next = || fields.next();
        Some(match next()?.as_str() {
            "opening" => Self::Opening,
            "live" => Self::Live {
                past: next()?.parse().ok()?,
                greeting: Greeting { data: next()?, opened: next()?, ahead: next()?.parse().ok()? },
            },
            "received" => Self::Received { past: next()?.parse().ok()?, id: next()?, kind: next()?, data: next()? },
            "waiting" => Self::Waiting { left_ms: next()?.parse().ok()?, why: *REASONS.get(next()?.parse::<usize>().ok()?)? },
            "join" => Self::Join(next()?.parse().ok()?),
            "retry-now" => Self::RetryNow,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id() -> impl Strategy<Value = EventId> {
        ("[a-z0-9]{1,32}", 0..=i64::MAX).prop_map(|(epoch, sequence)| EventId { epoch, sequence })
    }

    fn greeting() -> impl Strategy<Value = Greeting> {
        (any::<String>(), any::<String>(), any::<i64>()).prop_map(|(data, opened, ahead)| Greeting { data, opened, ahead })
    }

    fn message() -> impl Strategy<Value = TabMessage> {
        prop_oneof![
            Just(TabMessage::Opening),
            (id(), greeting()).prop_map(|(past, greeting)| TabMessage::Live { past, greeting }),
            (id(), any::<[String; 3]>()).prop_map(|(past, [id, kind, data])| TabMessage::Received { past, id, kind, data }),
            (any::<u64>(), 0..REASONS.len()).prop_map(|(left_ms, why)| TabMessage::Waiting { left_ms, why: REASONS[why] }),
            id().prop_map(TabMessage::Join),
            Just(TabMessage::RetryNow),
        ]
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_as_the_same(message in message()) {
            prop_assert_eq!(TabMessage::decode(message.clone().encode()), Some(message));
        }

        #[test]
        fn a_message_that_is_cut_short_is_not_decoded(message in message()) {
            let mut fields = message.encode();
            fields.pop();
            prop_assert_eq!(TabMessage::decode(fields), None);
        }
    }

    #[test]
    fn what_another_program_has_written_is_not_decoded() {
        for fields in [&["hello"][..], &["join", "7"], &["waiting", "soon", "0"], &["waiting", "7", "3"], &["live", "e-1", "{}", "", "now"]]
        {
            assert_eq!(TabMessage::decode(fields.iter().map(|field| (*field).to_owned()).collect()), None, "{fields:?}");
        }
    }
}
