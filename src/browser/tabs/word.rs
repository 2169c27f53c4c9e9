//! What tabs that share a line say to each other, written as an array of texts, which the browser copies as they are.
//!
//! Promise: what is written is read as the same; what another program has written is not read at all.

use crate::{browser::connection::RetryReason, model::event::EventId};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TabMessage {
    /// Of who leads: the line is being opened.
    Opening,
    /// Of who leads: it is open, and has been read up to `past`.
    Live {
        past: EventId,
        /// The data of `connected`.
        greeting: String,
        /// See [`crate::browser::connection::ReceivedEvent::ahead`].
        ahead: i64,
    },
    /// Of who leads: this frame has come, and there was nothing between it and `past`.
    ReceivedEvent { past: EventId, id: String, kind: String, data: String },
    /// Of who leads: the line is opened again in so many milliseconds.
    Waiting { left_ms: u64, why: RetryReason },
    /// Of who follows: this is where it stands; what is there, and what comes?
    Join(EventId),
    /// Of who follows: somebody does not want to wait.
    Now,
}

/// As they are numbered in a word.
const WHYS: [RetryReason; 3] = [RetryReason::Broken, RetryReason::TooMany, RetryReason::Busy];

impl TabMessage {
    pub fn write(&self) -> JsValue {
        self.fields().iter().map(|field| JsValue::from_str(field)).collect::<Array>().into()
    }

    pub fn read(said: &JsValue) -> Option<Self> {
        Self::of(said.dyn_ref::<Array>()?.iter().filter_map(|field| field.as_string()))
    }

    fn fields(&self) -> Vec<String> {
        let text = |id: &EventId| id.to_string();
        match self {
            Self::Opening => vec!["opening".into()],
            Self::Live { past, greeting, ahead } => vec!["live".into(), text(past), greeting.clone(), ahead.to_string()],
            Self::ReceivedEvent { past, id, kind, data } => vec!["frame".into(), text(past), id.clone(), kind.clone(), data.clone()],
            Self::Waiting { left_ms, why } => {
                let why = WHYS.iter().position(|other| other == why).unwrap_or_default();
                vec!["waiting".into(), left_ms.to_string(), why.to_string()]
            }
            Self::Join(at) => vec!["join".into(), text(at)],
            Self::Now => vec!["now".into()],
        }
    }

    fn of(mut fields: impl Iterator<Item = String>) -> Option<Self> {
        let mut next = || fields.next();
        Some(match next()?.as_str() {
            "opening" => Self::Opening,
            "live" => Self::Live { past: next()?.parse().ok()?, greeting: next()?, ahead: next()?.parse().ok()? },
            "frame" => Self::ReceivedEvent { past: next()?.parse().ok()?, id: next()?, kind: next()?, data: next()? },
            "waiting" => Self::Waiting { left_ms: next()?.parse().ok()?, why: *WHYS.get(next()?.parse::<usize>().ok()?)? },
            "join" => Self::Join(next()?.parse().ok()?),
            "now" => Self::Now,
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

    fn word() -> impl Strategy<Value = TabMessage> {
        prop_oneof![
            Just(TabMessage::Opening),
            (id(), any::<String>(), any::<i64>()).prop_map(|(past, greeting, ahead)| TabMessage::Live { past, greeting, ahead }),
            (id(), any::<[String; 3]>()).prop_map(|(past, [id, kind, data])| TabMessage::ReceivedEvent { past, id, kind, data }),
            (any::<u64>(), 0..WHYS.len()).prop_map(|(left_ms, why)| TabMessage::Waiting { left_ms, why: WHYS[why] }),
            id().prop_map(TabMessage::Join),
            Just(TabMessage::Now),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(word in word()) {
            prop_assert_eq!(TabMessage::of(word.fields().into_iter()), Some(word));
        }

        #[test]
        fn a_word_that_is_cut_short_is_not_read(word in word()) {
            let mut fields = word.fields();
            fields.pop();
            prop_assert_eq!(TabMessage::of(fields.into_iter()), None);
        }
    }

    #[test]
    fn what_another_program_has_written_is_not_read() {
        for said in [&["hello"][..], &["join", "7"], &["waiting", "soon", "0"], &["waiting", "7", "3"], &["live", "e-1", "{}", "now"]] {
            assert_eq!(TabMessage::of(said.iter().map(|field| (*field).to_owned())), None, "{said:?}");
        }
    }
}
