//! Notifications: one row whoever reads it, and a row for each reading.

use super::{Audience, Change, Store, can_be_kept, new_id, now, one_line};
use crate::model::{
    error::{Error, Kind},
    event::Event,
    notification::{MESSAGE_MAX, Notification, Reading, TITLE_MAX},
};
use sqlx::AnyConnection;

/// What of the table a user sees: addressed to them, or to everyone since they came.
pub(super) const MINE: &str =
    "(n.audience = $1 OR (n.audience = '*' AND n.created_at >= (SELECT created_at FROM users WHERE username = $1)))";

/// Those of them that the user has not read.
const NOT_READ: &str = "NOT EXISTS (SELECT 1 FROM notification_reads r WHERE r.username = $1 AND r.notification_id = n.id)";

/// Which notifications to mark as read.
#[derive(Clone, Debug)]
pub enum Which {
    One(String),
    All,
}

impl Store {
    /// Notifies one user.
    pub async fn notify_user(&self, username: &str, title: &str, message: &str) -> Result<Notification, Error> {
        let mut change = self.change().await?;
        Store::must_exist(&mut change, username, "username").await?;
        self.notify(change, Audience::User(username.into()), title, message).await
    }

    /// Notifies every user.
    pub async fn broadcast(&self, title: &str, message: &str) -> Result<Notification, Error> {
        self.notify(self.change().await?, Audience::Everyone, title, message).await
    }

    async fn notify(&self, mut change: Change<'_>, audience: Audience, title: &str, message: &str) -> Result<Notification, Error> {
        one_line("title", title, TITLE_MAX)?;
        one_line("message", message, MESSAGE_MAX)?;
        let notification = add(&mut change, &audience, title, message, None).await?;
        change.commit().await?;
        Ok(notification)
    }

    /// Marks as read, and tells all of the user's tabs. Reading what is read already changes nothing and tells nobody.
    pub async fn mark_read(&self, username: &str, which: Which) -> Result<Reading, Error> {
        if matches!(&which, Which::One(id) if !can_be_kept(id)) {
            return Err(no_such_notification());
        }
        let mut change = self.change().await?;
        let unread = format!("SELECT n.id FROM notifications n WHERE {MINE} AND {NOT_READ}");
        let mut ids: Vec<String> = sqlx::query_scalar(&unread).bind(username).fetch_all(change.db()).await?;
        let before = ids.len() as i64;
        if let Which::One(id) = which {
            let known: i64 = sqlx::query_scalar(&format!("SELECT COUNT(*) FROM notifications n WHERE {MINE} AND n.id = $2"))
                .bind(username)
                .bind(&id)
                .fetch_one(change.db())
                .await?;
            if known == 0 {
                return Err(no_such_notification());
            }
            ids.retain(|unread| *unread == id);
        }
        let reading = Reading { unread: before - ids.len() as i64, ids };
        if reading.ids.is_empty() {
            return Ok(reading);
        }
        for id in &reading.ids {
            sqlx::query("INSERT INTO notification_reads (username, notification_id) VALUES ($1, $2)")
                .bind(username)
                .bind(id)
                .execute(change.db())
                .await?;
        }
        // The ids of very many readings at once would not fit one event; the count is true in each of them.
        for ids in reading.ids.chunks(IDS_PER_EVENT) {
            let part = Event::NotificationRead(Reading { ids: ids.to_vec(), unread: reading.unread });
            change.tell(&Audience::User(username.into()), &part).await?;
        }
        change.commit().await?;
        Ok(reading)
    }
}

fn no_such_notification() -> Error {
    Error::new(Kind::NotFound, "there is no such notification")
}

/// With ids of at most [`ID_MAX`] bytes, even where JSON escapes each of them, this many stay below [`crate::model::event::DATA_MAX`].
const IDS_PER_EVENT: usize = 32;

/// The longest id of a notification, in bytes; our own take 36.
pub(super) const ID_MAX: usize = 64;

/// How many notifications the user has not read.
pub(super) async fn unread(db: &mut AnyConnection, username: &str) -> Result<i64, Error> {
    let count = format!("SELECT COUNT(*) FROM notifications n WHERE {MINE} AND {NOT_READ}");
    Ok(sqlx::query_scalar(&count).bind(username).fetch_one(db).await?)
}

/// Writes a new notification and the event that tells of it.
pub(super) async fn add(
    change: &mut Change<'_>,
    audience: &Audience,
    title: &str,
    message: &str,
    order_id: Option<&str>,
) -> Result<Notification, Error> {
    let notification = Notification {
        id: new_id(),
        title: title.into(),
        message: message.into(),
        timestamp: now(),
        order_id: order_id.map(Into::into),
        read: false,
    };
    write(change, audience, &notification).await?;
    change.tell(audience, &Event::Notification(notification.clone())).await?;
    Ok(notification)
}

/// Writes the row alone. An id that is there already is a conflict: it may be another user's.
pub(super) async fn write(change: &mut Change<'_>, audience: &Audience, notification: &Notification) -> Result<(), Error> {
    let audience = match audience {
        Audience::User(name) | Audience::UserAndGroup { user: name, .. } => name,
        _ => "*",
    };
    let written = sqlx::query(
        "INSERT INTO notifications (id, audience, title, message, order_id, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&notification.id)
    .bind(audience)
    .bind(&notification.title)
    .bind(&notification.message)
    .bind(&notification.order_id)
    .bind(&notification.timestamp)
    .execute(change.db())
    .await?;
    match written.rows_affected() {
        0 => Err(Error::new(Kind::Conflict, format!("there is a notification {} already", notification.id))),
        _ => Ok(()),
    }
}
