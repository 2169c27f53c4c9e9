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
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, error::Category, value::RawValue};
use std::fmt;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The longest event type, in bytes.
const TYPE_MAX: usize = 128;

/// Characters of a field's name that a refusal quotes.
const QUOTED_MAX: usize = 60;

/// What the data of `notification` has.
const NOTIFICATION: &str = "`title` and `message` are texts, and so are `id`, `timestamp` and `orderId` where they are given";

/// What the data of `order.updated` has.
const ORDER: &str =
    "it has `orderId`, `number`, `status`, `customer`, `items`, `totalCents`, `placedAt`, `updatedAt` and `version`, as in a snapshot";

struct Body<'a> {
    user: String,
    /// The type: a word of letters, digits, `.`, `_` and `-`. `notification` (its data needs `title` and `message`) is kept as a
    /// notification too; `order.updated` needs an order's data; others are borne as they are.
    event: String,
    data: &'a RawValue,
    /// The pusher's own name for this event: the same push again, while the history lasts, is answered with the first one's id.
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
        Body::read(body)?.push()
    }

    /// Reads its parts; `data` is JSON.
    pub fn new(user: &str, event: &str, data: &str, key: Option<String>) -> Result<Self, StoreError> {
        let data = serde_json::from_str(data).map_err(|error| no_json("data", &error))?;
        Body { user: user.into(), event: event.into(), data, key }.push()
    }

    /// The type and the data, as streams will bear them.
    pub fn event(&self) -> (&str, &str) {
        (&self.event, &self.data)
    }
}

impl<'a> Body<'a> {
    fn read(json: &'a [u8]) -> Result<Self, StoreError> {
        let Fields(fields) = serde_json::from_slice(json).map_err(|error| match error.classify() {
            Category::Data => StoreError::invalid("the body is no JSON object"),
            _ => no_json("the body", &error),
        })?;
        let (mut user, mut event, mut data, mut key) = (None, None, None, None);
        for (name, value) in fields {
            let field = match name.as_str() {
                "user" => &mut user,
                "event" => &mut event,
                "data" => &mut data,
                "key" => &mut key,
                other => {
                    let quoted: String = other.chars().take(QUOTED_MAX).collect();
                    return Err(StoreError::invalid(format!("`{quoted}` is not known here: a push has `user`, `event`, `data`, `key`")));
                }
            };
            if field.replace(value).is_some() {
                return Err(StoreError::invalid(format!("`{name}` is given twice")));
            }
        }
        let missing = |name: &str| StoreError::invalid(format!("`{name}` is missing"));
        Ok(Self {
            user: text("user", user.ok_or_else(|| missing("user"))?)?,
            event: text("event", event.ok_or_else(|| missing("event"))?)?,
            data: data.ok_or_else(|| missing("data"))?,
            key: key.filter(|key| key.get() != "null").map(|key| text("key", key)).transpose()?,
        })
    }

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
        let refuse = |why: &str| StoreError::invalid(format!("data does not fit {}: {why}", self.event));
        // What is borne as it is must be JSON that anybody can read: no half of a surrogate pair, no number past all range, not too deep.
        let value: Value = serde_json::from_str(self.data.get()).map_err(|error| no_json("data", &error))?;
        if self.event != "notification" {
            let data = compact(self.data.get());
            if let Some(Event::OrderUpdated(order)) = Event::decode(&self.event, &data).map_err(|_| refuse(ORDER))? {
                self.check_time(&order.updated_at)?;
                if !order.placed_at.is_empty() {
                    self.check_time(&order.placed_at)?;
                }
            }
            return Ok((data, None));
        }
        let Value::Object(mut data) = value else { return Err(refuse(NOTIFICATION)) };
        data.entry("id").or_insert_with(|| new_id().into());
        data.entry("timestamp").or_insert_with(|| now().into());
        // Whether it is read is its reader's to say.
        data.remove("read");
        let notification: Notification = serde_json::from_value(Value::Object(data)).map_err(|_| refuse(NOTIFICATION))?;
        if notification.id.is_empty() || notification.id.len() > ID_MAX {
            return Err(StoreError::invalid(format!("a notification's id has 1 to {ID_MAX} bytes")));
        }
        let fields = [&notification.id, &notification.title, &notification.message];
        if !fields.into_iter().chain(&notification.order_id).all(|text| can_be_kept(text)) {
            return Err(StoreError::invalid("a notification has no NUL"));
        }
        self.check_time(&notification.timestamp)?;
        let data = serde_json::to_string(&notification)?;
        Ok((data, Some(notification)))
    }

    fn check_time(&self, text: &str) -> Result<(), StoreError> {
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(_) => Ok(()),
            Err(_) => Err(StoreError::invalid(format!("data does not fit {}: a time is RFC 3339, such as {}", self.event, now()))),
        }
    }
}

/// The fields of a JSON object, in their order. A name that comes twice is there twice.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut read = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    read.push(field);
                }
                Ok(read)
            }
        }
        from.deserialize_map(Object).map(Fields)
    }
}

fn text(field: &str, value: &RawValue) -> Result<String, StoreError> {
    serde_json::from_str(value.get()).map_err(|error| match error.classify() {
        Category::Data => StoreError::invalid(format!("`{field}` must be a text")),
        _ => no_json(&format!("`{field}`"), &error),
    })
}

/// Without the parser's own words.
fn no_json(what: &str, error: &serde_json::Error) -> StoreError {
    let why = if error.is_eof() { "it ends too early".into() } else { format!("line {}, column {}", error.line(), error.column()) };
    StoreError::Malformed(format!("{what} is no JSON: {why}"))
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
    fn a_refusal_has_no_words_of_the_parser() {
        let order = "data does not fit order.updated: it has `orderId`";
        let notification = "data does not fit notification: `title` and `message` are texts";
        for (body, line) in [
            ("", "the body is no JSON: it ends too early"),
            ("{", "the body is no JSON: it ends too early"),
            ("{\"user\":\n x}", "the body is no JSON: line 2, column 2"),
            ("[]", "the body is no JSON object"),
            ("7", "the body is no JSON object"),
            (r#"{"user":"ada","event":"e"}"#, "`data` is missing"),
            (r#"{"user":"ada","data":1}"#, "`event` is missing"),
            (r#"{"event":"e","data":1}"#, "`user` is missing"),
            (r#"{"user":"ada","event":"e","data":1,"data":2}"#, "`data` is given twice"),
            (r#"{"user":"ada","event":"e","data":1,"x":2}"#, "`x` is not known here: a push has `user`, `event`, `data`, `key`"),
            (r#"{"user":1,"event":"e","data":1}"#, "`user` must be a text"),
            (r#"{"user":"ada","event":null,"data":1}"#, "`event` must be a text"),
            (r#"{"user":"ada","event":"e","data":1,"key":{}}"#, "`key` must be a text"),
            (r#"{"user":"\ud800","event":"e","data":1}"#, "`user` is no JSON: line 1, column 8"),
            (r#"{"user":"ada","event":"e","data":"\ud800"}"#, "data is no JSON: line 1, column 8"),
            (r#"{"user":"ada","event":"order.updated","data":{}}"#, order),
            (r#"{"user":"ada","event":"order.updated","data":[]}"#, order),
            (r#"{"user":"ada","event":"notification","data":7}"#, notification),
            (r#"{"user":"ada","event":"notification","data":{"title":"t"}}"#, notification),
            (r#"{"user":"ada","event":"notification","data":{"title":5,"message":"m"}}"#, notification),
        ] {
            let refusal = Push::read(body.as_bytes()).unwrap_err().to_string();
            assert!(refusal.starts_with(line), "{body}: {refusal}");
        }
        let with_null = Push::read(br#"{"user":"ada","event":"e","data":null,"key":null}"#).unwrap();
        assert!(with_null.data == "null" && with_null.key.is_none());
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
