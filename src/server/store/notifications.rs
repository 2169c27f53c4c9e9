//! Notifications: one row whoever reads it. What a user has read is a position up to which all is read, and a row for each that was read
//! beyond it.

use super::{
    audience::to_columns,
    error::StoreError,
    handle::Store,
    health::Part,
    idempotency_key::IdempotencyKey,
    notification_list::{READ, Reader, newest, unread},
    text::{self, can_be_kept, new_id},
    transaction::Change,
};
use crate::{
    model::{
        event::Event,
        notification::{MESSAGE_MAX, Notification, Reading, TITLE_MAX},
    },
    server::{clock::now, sse::Audience},
};
use serde::Serialize;
use sqlx::Row;

/// What of the table a user sees: addressed to them, or to everyone since they came.
const MINE: &str = "(n.audience = $1 OR (n.audience = '*' AND n.position > u.since_position))";

/// The longest id of a notification, in bytes; our own take 36.
pub(super) const ID_MAX: usize = 64;

/// Which notifications to mark as read.
#[derive(Clone, Debug)]
pub enum Which {
    One(String),
    All,
}

impl Store {
    /// Notifies one user. Of the same message with the same `key` one is sent, for as long as the log keeps it: the further ones are
    /// answered with the first. Another message with that key is a conflict.
    pub async fn notify_user(&self, username: &str, title: &str, message: &str, key: Option<&str>) -> Result<Notification, StoreError> {
        check(title, message, key)?;
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = async {
                Store::must_exist(&mut change, username, "username").await?;
                change.notify_once(&Audience::User(username.into()), title, message, key).await
            };
            let outcome = outcome.await;
            change.finish(outcome).await
        })
        .await
    }

    /// Notifies every user. `key` is as with [`Store::notify_user`].
    pub async fn broadcast(&self, title: &str, message: &str, key: Option<&str>) -> Result<Notification, StoreError> {
        check(title, message, key)?;
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.notify_once(&Audience::Everyone, title, message, key).await;
            change.finish(outcome).await
        })
        .await
    }

    /// Marks as read, and tells all of the user's tabs. Reading what is read already changes nothing and tells nobody. Takes a few
    /// statements, however many there are to read.
    pub async fn mark_read(&self, username: &str, which: Which) -> Result<Reading, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = match which {
                Which::One(id) => change.read_one(username, id).await,
                Which::All => change.read_all(username).await,
            };
            change.finish(outcome).await
        })
        .await
    }
}

fn check(title: &str, message: &str, key: Option<&str>) -> Result<(), StoreError> {
    text::check("title", title, TITLE_MAX)?;
    text::check("message", message, MESSAGE_MAX)?;
    key.map_or(Ok(()), IdempotencyKey::check)
}

fn no_such_notification() -> StoreError {
    StoreError::not_found("there is no such notification")
}

impl Change {
    async fn read_one(&mut self, username: &str, id: String) -> Result<Reading, StoreError> {
        if !can_be_kept(&id) {
            return Err(no_such_notification());
        }
        let known = format!("SELECT COUNT(*) FROM notifications n JOIN users u ON u.username = $1 WHERE {MINE} AND n.id = $2");
        let known: i64 = sqlx::query_scalar(&known).bind(username).bind(&id).fetch_one(self.db()).await?;
        if known == 0 {
            return Err(no_such_notification());
        }
        let read = format!(
            "INSERT INTO notification_reads (username, notification_id) \
             SELECT u.username, n.id FROM notifications n JOIN users u ON u.username = $1 WHERE {MINE} AND n.position > u.read_through AND n.id = $2 AND NOT {READ}"
        );
        let read = sqlx::query(&read).bind(username).bind(&id).execute(self.db()).await?.rows_affected();
        let reader = Reader::of(self.db(), username).await?;
        let unread = unread(self.db(), &reader).await?;
        let ids = if read == 0 { Vec::new() } else { vec![id] };
        let reading = Reading { ids, unread, through: None };
        if read > 0 {
            self.tell(&Audience::User(username.into()), &Event::NotificationRead(reading.clone()))?;
        }
        Ok(reading)
    }

    async fn read_all(&mut self, username: &str) -> Result<Reading, StoreError> {
        let nothing = Reading { ids: Vec::new(), unread: 0, through: None };
        let reader = Reader::of(self.db(), username).await?;
        if unread(self.db(), &reader).await? == 0 {
            return Ok(nothing);
        }
        // What is unread is there, so something is the newest.
        let newest = newest(self.db(), &reader, 1).await?.pop();
        let through = newest.map(|notification| notification.id);
        let head = self.log.head;
        sqlx::query("UPDATE users SET read_through = $2 WHERE username = $1").bind(username).bind(head).execute(self.db()).await?;
        sqlx::query("DELETE FROM notification_reads WHERE username = $1").bind(username).execute(self.db()).await?;
        let reading = Reading { through, ..nothing };
        self.tell(&Audience::User(username.into()), &Event::NotificationRead(reading.clone()))?;
        Ok(reading)
    }

    /// Writes a new notification, unless this message was sent with this key before: then it is that one. Changes run one after the other,
    /// so that of two presses that arrive together the second finds the first.
    async fn notify_once(
        &mut self,
        audience: &Audience,
        title: &str,
        message: &str,
        key: Option<&str>,
    ) -> Result<Notification, StoreError> {
        let Some(key) = key else { return self.notify(audience, title, message, None, None).await };
        // Beside the keys of pushes, which are their callers' own.
        let key = IdempotencyKey::new(format!("message:{key}"), &[&to_columns(audience).0, title, message]);
        let sent = sqlx::query("SELECT body_hash, data FROM events WHERE idempotency_key = $1").bind(&key.key);
        let Some(row) = sent.fetch_optional(self.db()).await? else {
            return self.notify(audience, title, message, None, Some(&key)).await;
        };
        let (hash, data): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        match serde_json::from_str::<Notification>(&data) {
            Ok(first) if hash == key.hash => Ok(first),
            Ok(first) => Err(StoreError::conflict(format!("{:?} was sent with this key already; this message needs another", first.title))),
            Err(_) => Err(StoreError::conflict("the key was used for another event")),
        }
    }

    /// Writes a new notification and the event that tells of it. A `key` is not kept yet.
    pub(super) async fn notify(
        &mut self,
        audience: &Audience,
        title: &str,
        message: &str,
        order_id: Option<&str>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Notification, StoreError> {
        let notification = Notification {
            id: new_id(),
            title: title.into(),
            message: message.into(),
            timestamp: now(),
            order_id: order_id.map(Into::into),
            read: false,
        };
        let event = Event::Notification(notification.clone());
        let id = self.append(audience, event.kind(), serde_json::to_string(&event)?, key);
        let row = NotificationRow::new(&notification, audience, id.sequence);
        self.write_notifications(&[row]).await?;
        Ok(notification)
    }

    /// Writes rows that no other has the ids of, in one statement.
    pub(super) async fn write_notifications(&mut self, rows: &[NotificationRow<'_>]) -> Result<(), StoreError> {
        let insert = match self.is_shared() {
            false => {
                "INSERT INTO notifications (id, audience, title, message, order_id, created_at, position, clock) \
                 SELECT value ->> 'id', value ->> 'audience', value ->> 'title', value ->> 'message', value ->> 'order_id', \
                     value ->> 'created_at', value ->> 'position', $2 FROM json_each($1)"
            }
            true => {
                "INSERT INTO notifications (id, audience, title, message, order_id, created_at, position, clock) \
                 SELECT id, audience, title, message, order_id, created_at, position, $2 FROM json_to_recordset(CAST($1 AS JSON)) \
                 AS row (id TEXT, audience TEXT, title TEXT, message TEXT, order_id TEXT, created_at TEXT, position BIGINT)"
            }
        };
        let clock = self.log.clock;
        sqlx::query(insert).bind(serde_json::to_string(rows)?).bind(clock).execute(self.db()).await?;
        Ok(())
    }
}

/// A row of the table. `position` is the sequence of the event that tells of it.
#[derive(Serialize)]
pub(super) struct NotificationRow<'a> {
    id: &'a str,
    audience: String,
    title: &'a str,
    message: &'a str,
    order_id: Option<&'a str>,
    created_at: &'a str,
    position: i64,
}

impl<'a> NotificationRow<'a> {
    pub fn new(notification: &'a Notification, audience: &Audience, position: i64) -> Self {
        let Notification { id, title, message, timestamp, order_id, .. } = notification;
        let (audience, _) = to_columns(audience);
        Self { id, audience, title, message, order_id: order_id.as_deref(), created_at: timestamp, position }
    }
}
