//! Events that other programs push. Those that arrive together are appended in one transaction; each gets its own answer.

use super::{
    Audience, Store, can_be_kept, new_id,
    notifications::{self, ID_MAX},
    now,
};
use crate::model::{
    error::{Error, Kind},
    event::{DATA_MAX, Event, EventId, can_be_pushed},
    notification::Notification,
};
use serde::Deserialize;
use serde_json::{Map, Value, error::Category};

/// The longest event type, in bytes.
const TYPE_MAX: usize = 128;

/// The longest key, in bytes.
const KEY_MAX: usize = 128;

/// What another program asks to have told to a user, as it writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: String,
    /// The type: a word of letters, digits, `.`, `_` and `-`. `notification` (its data needs `title` and `message`) is kept as a
    /// notification too; `order.updated` needs an order's data; others are borne as they are.
    event: String,
    data: Value,
    /// The pusher's own name for this event: the same one again, while the history lasts, is answered with the first one's id.
    #[serde(default)]
    key: Option<String>,
}

/// What can be told, if there is such a user: everything is checked that can be without the database.
#[derive(Clone, Debug)]
pub struct Push {
    user: String,
    event: String,
    /// One line of JSON, at most [`DATA_MAX`] bytes of it.
    data: String,
    key: Option<String>,
    /// The notification that it makes, if it is one.
    notification: Option<Notification>,
}

/// A push's outcome: the event's id, or why there is none.
pub type Pushed = Result<EventId, Error>;

impl Store {
    /// Appends all that can be appended, in order, in one transaction. An error of the database's is everybody's.
    pub async fn push(&self, pushes: &[Push]) -> Result<Vec<Pushed>, Error> {
        let mut change = self.change().await?;
        let mut outcomes = Vec::with_capacity(pushes.len());
        for push in pushes {
            outcomes.push(match self.push_one(&mut change, push).await {
                Err(error) if matches!(error.kind, Kind::Internal | Kind::Unavailable) => return Err(error),
                outcome => outcome,
            });
        }
        change.commit().await?;
        Ok(outcomes)
    }

    async fn push_one(&self, change: &mut super::Change<'_>, push: &Push) -> Pushed {
        if let Some(key) = &push.key {
            let kept: Option<i64> =
                sqlx::query_scalar("SELECT sequence FROM events WHERE idempotency_key = $1").bind(key).fetch_optional(change.db()).await?;
            if let Some(sequence) = kept {
                return Ok(self.id(sequence));
            }
        }
        Store::must_exist(change, &push.user, "user").await?;
        let audience = Audience::User(push.user.clone());
        if let Some(notification) = &push.notification {
            notifications::write(change, &audience, notification).await?;
        }
        change.append(&audience, &push.event, &push.data, push.key.as_deref()).await
    }
}

impl Push {
    /// Reads a request's body.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        let body: Body = serde_json::from_slice(body).map_err(|error| match error.classify() {
            Category::Data => Error::invalid(error.to_string()),
            _ => Error::new(Kind::Malformed, format!("the body is no JSON: {error}")),
        })?;
        body.push()
    }

    /// Reads its parts; `data` is JSON.
    pub fn new(user: &str, event: &str, data: &str, key: Option<String>) -> Result<Self, Error> {
        let data = serde_json::from_str(data).map_err(|error| Error::new(Kind::Malformed, format!("data is no JSON: {error}")))?;
        Body { user: user.into(), event: event.into(), data, key }.push()
    }

    /// The type and the data, as streams will bear them.
    pub fn event(&self) -> (&str, &str) {
        (&self.event, &self.data)
    }
}

impl Body {
    fn push(self) -> Result<Push, Error> {
        self.check()?;
        let (data, notification) = self.complete()?;
        if data.len() > DATA_MAX {
            return Err(Error::new(Kind::TooLarge, format!("data is larger than {DATA_MAX} bytes")));
        }
        Ok(Push { user: self.user, event: self.event, data, key: self.key, notification })
    }

    fn check(&self) -> Result<(), Error> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if self.event.is_empty() || self.event.len() > TYPE_MAX || !self.event.bytes().all(word) {
            return Err(Error::invalid(format!("event is a word of at most {TYPE_MAX} letters, digits, '.', '_' and '-'")));
        }
        if !can_be_pushed(&self.event) {
            return Err(Error::invalid(format!("{} is the stream's own; nobody can push it", self.event)));
        }
        if self.key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_MAX || !can_be_kept(key)) {
            return Err(Error::invalid(format!("key has 1 to {KEY_MAX} bytes and no NUL")));
        }
        Ok(())
    }

    /// The data as it will be sent, one line of JSON, and the notification it makes, if it is one.
    /// A notification's id and time are filled in where they are missing.
    fn complete(&self) -> Result<(String, Option<Notification>), Error> {
        let refuse = |error: serde_json::Error| Error::invalid(format!("data does not fit {}: {error}", self.event));
        if self.event != "notification" {
            Event::decode(&self.event, &self.data.to_string()).map_err(refuse)?;
            return Ok((self.data.to_string(), None));
        }
        let mut data: Map<String, Value> = serde_json::from_value(self.data.clone()).map_err(refuse)?;
        data.entry("id").or_insert_with(|| new_id().into());
        data.entry("timestamp").or_insert_with(|| now().into());
        // Whether it is read is its reader's to say.
        data.remove("read");
        let notification: Notification = serde_json::from_value(Value::Object(data)).map_err(refuse)?;
        if notification.id.is_empty() || notification.id.len() > ID_MAX {
            return Err(Error::invalid(format!("a notification's id has 1 to {ID_MAX} bytes")));
        }
        let fields = [&notification.id, &notification.title, &notification.message, &notification.timestamp];
        if !fields.into_iter().chain(&notification.order_id).all(|text| can_be_kept(text)) {
            return Err(Error::invalid("a notification has no NUL"));
        }
        let data = serde_json::to_string(&notification).map_err(refuse)?;
        Ok((data, Some(notification)))
    }
}
