//! What another program pushes, as it writes it: everything is checked here that can be without the database.
//!
//! Promises: data is borne as it was pushed, byte for byte but for the white space between its tokens: numbers keep all of their digits. Of a
//! `notification`, whose id and time are filled in where they are missing, the fields that a notification has are borne.

use super::{
    error::StoreError,
    idempotency_key::IdempotencyKey,
    notifications::ID_MAX,
    text::{can_be_kept, new_id},
};
use crate::{
    model::{
        event::{DATA_MAX, Event, can_be_pushed},
        notification::Notification,
    },
    server::clock::now,
};
use serde::Deserialize;
use serde_json::{Map, Value, error::Category, value::RawValue};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The longest event type, in bytes.
const TYPE_MAX: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    user: String,
    /// The type: a word of letters, digits, `.`, `_` and `-`. `notification` (its data needs `title` and `message`) is kept as a
    /// notification too; `order.updated` needs an order's data; others are borne as they are.
    event: String,
    #[serde(borrow)]
    data: &'a RawValue,
    /// The pusher's own name for this event: the same push again, while the history lasts, is answered with the first one's id.
    #[serde(default)]
    key: Option<String>,
}

/// What can be told, if there is such a user.
#[derive(Clone, Debug)]
pub struct Push {
    pub(super) user: String,
    pub(super) event: String,
    /// One line of JSON, at most [`DATA_MAX`] bytes of it.
    pub(super) data: String,
    pub(super) key: Option<IdempotencyKey>,
    /// The notification that it makes, if it is one.
    pub(super) notification: Option<Notification>,
}

impl Push {
    /// Reads a request's body.
    pub fn read(body: &[u8]) -> Result<Self, StoreError> {
        let body: Body = serde_json::from_slice(body).map_err(|error| match error.classify() {
            Category::Data => StoreError::invalid(error.to_string()),
            _ => StoreError::Malformed(format!("the body is no JSON: {error}")),
        })?;
        body.push()
    }

    /// Reads its parts; `data` is JSON.
    pub fn new(user: &str, event: &str, data: &str, key: Option<String>) -> Result<Self, StoreError> {
        let data = serde_json::from_str(data).map_err(|error| StoreError::Malformed(format!("data is no JSON: {error}")))?;
        Body { user: user.into(), event: event.into(), data, key }.push()
    }

    /// The type and the data, as streams will bear them.
    pub fn event(&self) -> (&str, &str) {
        (&self.event, &self.data)
    }
}

impl Body<'_> {
    fn push(self) -> Result<Push, StoreError> {
        self.check()?;
        let (data, notification) = self.complete()?;
        if data.len() > DATA_MAX {
            return Err(StoreError::TooLarge(format!("data is larger than {DATA_MAX} bytes")));
        }
        // As it was pushed, white space and all.
        let key = self.key.map(|key| IdempotencyKey::new(key, &[&self.user, &self.event, self.data.get()]));
        Ok(Push { user: self.user, event: self.event, data, key, notification })
    }

    fn check(&self) -> Result<(), StoreError> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if self.event.is_empty() || self.event.len() > TYPE_MAX || !self.event.bytes().all(word) {
            return Err(StoreError::invalid(format!("event is a word of at most {TYPE_MAX} letters, digits, '.', '_' and '-'")));
        }
        if !can_be_pushed(&self.event) {
            return Err(StoreError::invalid(format!("{} is the stream's own; nobody can push it", self.event)));
        }
        self.key.as_deref().map_or(Ok(()), IdempotencyKey::check)
    }

    /// The data as it will be sent, one line of JSON, and the notification it makes, if it is one.
    fn complete(&self) -> Result<(String, Option<Notification>), StoreError> {
        let refuse = |error: serde_json::Error| StoreError::invalid(format!("data does not fit {}: {error}", self.event));
        // What is borne as it is must be JSON that anybody can read: no half of a surrogate pair, no number past all range, not too deep.
        let value: Value =
            serde_json::from_str(self.data.get()).map_err(|error| StoreError::Malformed(format!("data is no JSON: {error}")))?;
        if self.event != "notification" {
            let data = compact(self.data.get());
            if let Some(Event::OrderUpdated(order)) = Event::decode(&self.event, &data).map_err(refuse)? {
                self.check_time(&order.updated_at)?;
                if !order.placed_at.is_empty() {
                    self.check_time(&order.placed_at)?;
                }
            }
            return Ok((data, None));
        }
        let mut data: Map<String, Value> = serde_json::from_value(value).map_err(refuse)?;
        data.entry("id").or_insert_with(|| new_id().into());
        data.entry("timestamp").or_insert_with(|| now().into());
        // Whether it is read is its reader's to say.
        data.remove("read");
        let notification: Notification = serde_json::from_value(Value::Object(data)).map_err(refuse)?;
        if notification.id.is_empty() || notification.id.len() > ID_MAX {
            return Err(StoreError::invalid(format!("a notification's id has 1 to {ID_MAX} bytes")));
        }
        let fields = [&notification.id, &notification.title, &notification.message];
        if !fields.into_iter().chain(&notification.order_id).all(|text| can_be_kept(text)) {
            return Err(StoreError::invalid("a notification has no NUL"));
        }
        self.check_time(&notification.timestamp)?;
        let data = serde_json::to_string(&notification).map_err(refuse)?;
        Ok((data, Some(notification)))
    }

    fn check_time(&self, text: &str) -> Result<(), StoreError> {
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(_) => Ok(()),
            Err(_) => Err(StoreError::invalid(format!("data does not fit {}: a time is RFC 3339, such as {}", self.event, now()))),
        }
    }
}

/// JSON without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut text, mut in_string, mut escaped) = (String::with_capacity(json.len()), false, false);
    for letter in json.chars() {
        if in_string {
            in_string = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
        } else if letter == '"' {
            in_string = true;
        } else if matches!(letter, ' ' | '\t' | '\r' | '\n') {
            continue;
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_pushed_is_borne_unchanged_but_for_white_space() {
        let body = "{\"user\":\"ada\",\"event\":\"e\",\"data\": {\"n\": 12345678901234567890123,\n \"x\": 1.10, \"t\":\"a \\\" \\\\\",\t\"a\" : [ 1 , 2 ]} }";
        let push = Push::read(body.as_bytes()).unwrap();
        assert_eq!(push.data, r#"{"n":12345678901234567890123,"x":1.10,"t":"a \" \\","a":[1,2]}"#);
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        let push = |data: &str| Push::new("ada", "notification", data, None);
        assert!(push(r#"{"title":"t","message":"m","timestamp":"2026-01-02T03:04:05+02:00"}"#).is_ok());
        for time in ["zzzz", "", "2026-01-02", "2026-13-02T03:04:05Z"] {
            let refused = push(&format!(r#"{{"title":"t","message":"m","timestamp":"{time}"}}"#));
            assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{time}: {refused:?}");
        }
    }

    #[test]
    fn another_user_type_or_data_is_another_hash() {
        let hash = |user: &str, event: &str, data: &str| Push::new(user, event, data, Some("k".into())).unwrap().key.unwrap().hash;
        let hashes = [hash("ada", "e", "1"), hash("grace", "e", "1"), hash("ada", "f", "1"), hash("ada", "e", "2"), hash("ad", "ae", "1")];
        assert_eq!(hashes.iter().collect::<std::collections::HashSet<_>>().len(), hashes.len());
        assert_eq!(hash("ada", "e", "1"), hashes[0]);
    }

    proptest! {
        #[test]
        fn compact_json_says_the_same(text in "[ \\\\\"a\n\t]{0,20}", number in any::<i64>()) {
            let value = serde_json::json!({ text.clone(): [text, number], "": {} });
            let compacted = compact(&serde_json::to_string_pretty(&value).unwrap());
            prop_assert_eq!(compacted, value.to_string());
        }
    }
}
