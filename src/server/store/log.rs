//! The log: every event, in commit order, kept for a while. It is the [`EventLog`] that the streaming core reads.
//!
//! Promises: an event has a sequence if and only if its transaction committed; sequences have no gaps; their order is commit order.
//! Not promised: that an old event is still there. Whoever asks for more than is kept finds the cursor below the floor of [`Bounds`].

use super::{Change, Store, before_now, now};
use crate::{
    model::{error::Error, event::EventId, user::User},
    server::sse::{Audience, Bounds, EventLog, LogEvent, Page, Subscriber},
};
use sqlx::{AnyConnection, AnyPool, Row, any::AnyRow};
use std::time::Duration;
use tokio_stream::StreamExt;
use uuid::Uuid;

/// Events that one read fetches, and bytes of data after which it fetches no more: enough to be quick, little enough to be held by
/// every stream that catches up at once and by every reader that then takes nothing.
const PAGE: i64 = 256;
const PAGE_BYTES: usize = 128 * 1024;

/// Events that one step of trimming deletes: writers wait for no longer than that takes.
const TRIM: i64 = 1_000;

/// The group of the staff.
pub const STAFF: &str = "staff";

/// The user as a subscriber of streams.
pub fn subscriber(user: &User) -> Subscriber {
    Subscriber { name: user.username.clone(), groups: if user.is_staff() { vec![STAFF.into()] } else { vec![] } }
}

/// One user, and the staff.
pub(super) fn user_and_staff(username: &str) -> Audience {
    Audience::UserAndGroup { user: username.into(), group: STAFF.into() }
}

/// The audience as the log's columns `audience` and `staff`. The staff are the one group that they know.
fn to_columns(audience: &Audience) -> (String, i64) {
    match audience {
        Audience::User(name) => (name.clone(), 0),
        Audience::UserAndGroup { user, .. } => (user.clone(), 1),
        Audience::Everyone => ("*".into(), 0),
        Audience::SessionEnded(handle) => (format!("session:{handle}"), 0),
        Audience::SessionsEnded(name) => (format!("sessions-of:{name}"), 0),
        Audience::CloseStream(client) => (format!("stream:{client}"), 0),
    }
}

fn from_columns(audience: String, staff: i64) -> Audience {
    match audience.split_once(':') {
        Some(("session", handle)) => Audience::SessionEnded(handle.into()),
        Some(("stream", client)) => Audience::CloseStream(client.into()),
        Some((_, name)) => Audience::SessionsEnded(name.into()),
        None if audience == "*" => Audience::Everyone,
        None if staff == 1 => user_and_staff(&audience),
        None => Audience::User(audience),
    }
}

/// Names the log if it is new. An epoch is never used twice: it is random, and made with the database.
pub(super) async fn name(writer: &AnyPool) -> Result<String, sqlx::Error> {
    let fresh = uuid::Uuid::new_v4().simple().to_string();
    sqlx::query(
        "INSERT INTO log (only_row, epoch, head, floor, last_order_number) VALUES (1, $1, 0, 0, 1000) ON CONFLICT (only_row) DO NOTHING",
    )
    .bind(&fresh[..8])
    .execute(writer)
    .await?;
    sqlx::query_scalar("SELECT epoch FROM log").fetch_one(writer).await
}

impl EventLog for Store {
    type Error = Error;

    async fn bounds(&self) -> Result<Bounds, Error> {
        bounds(&mut *self.reader.acquire().await?).await
    }

    async fn after(&self, cursor: i64, subscriber: Option<&Subscriber>) -> Result<Page, Error> {
        let mut moment = self.moment().await?;
        let bounds = bounds(&mut moment).await?;
        if cursor < bounds.floor {
            return Ok(Page { through: bounds.head, bounds, events: Vec::new() });
        }
        let query = match subscriber {
            None => sqlx::query("SELECT sequence, audience, staff, type, data FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2"),
            Some(_) => sqlx::query(
                "SELECT sequence, audience, staff, type, data FROM events \
                 WHERE sequence > $1 AND (audience IN ($3, '*') OR (staff = 1 AND $4 = 1)) ORDER BY sequence LIMIT $2",
            ),
        };
        let query = query.bind(cursor).bind(PAGE);
        let query = match subscriber {
            None => query,
            Some(Subscriber { name, groups }) => query.bind(name).bind(i64::from(groups.iter().any(|group| group == STAFF))),
        };
        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut rows = query.fetch(&mut *moment);
        while bytes < PAGE_BYTES
            && let Some(row) = rows.try_next().await?
        {
            let event = log_event(&row)?;
            bytes += event.data.len();
            events.push(event);
        }
        drop(rows);
        moment.commit().await?;
        let through = match events.last() {
            Some(last) if events.len() as i64 == PAGE || bytes >= PAGE_BYTES => last.sequence,
            _ => bounds.head,
        };
        Ok(Page { bounds, events, through })
    }
}

impl Store {
    /// Deletes events older than `history`, a few at a time, so that writers get their turn. Returns how many went.
    pub async fn trim(&self, history: Duration) -> Result<u64, Error> {
        let cutoff = before_now(history);
        let mut gone = 0;
        loop {
            let mut change = self.change().await?;
            // Commit order need not be the clocks' order: what goes is a run from the floor, up to the newest that is old.
            let newest_old: Option<i64> =
                sqlx::query_scalar("SELECT MAX(sequence) FROM events WHERE committed_at < $1 AND sequence <= (SELECT floor FROM log) + $2")
                    .bind(&cutoff)
                    .bind(TRIM)
                    .fetch_one(change.db())
                    .await?;
            let Some(floor) = newest_old else { return Ok(gone) };
            gone += sqlx::query("DELETE FROM events WHERE sequence <= $1").bind(floor).execute(change.db()).await?.rows_affected();
            sqlx::query("UPDATE log SET floor = $1").bind(floor).execute(change.db()).await?;
            change.commit().await?;
        }
    }

    /// Tells every instance that a session has ended.
    pub async fn session_ended(&self, handle: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        change.append(&Audience::SessionEnded(handle.into()), "session.ended", "{}", None).await?;
        change.commit().await
    }

    /// Asks the instance that holds that stream to cut it.
    pub async fn cut_stream(&self, client: Uuid) -> Result<(), Error> {
        let mut change = self.change().await?;
        change.append(&Audience::CloseStream(client.to_string()), "stream.cut", "{}", None).await?;
        change.commit().await
    }
}

impl Change<'_> {
    /// Appends an event of any type. `data` is one line of JSON; a `key` that is kept already is an error of the database's.
    pub(super) async fn append(&mut self, audience: &Audience, kind: &str, data: &str, key: Option<&str>) -> Result<EventId, Error> {
        let sequence: i64 = sqlx::query_scalar("UPDATE log SET head = head + 1 RETURNING head").fetch_one(self.db()).await?;
        let (audience, staff) = to_columns(audience);
        sqlx::query(
            "INSERT INTO events (sequence, audience, staff, type, data, idempotency_key, committed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(sequence)
        .bind(audience)
        .bind(staff)
        .bind(kind)
        .bind(data)
        .bind(key)
        .bind(now())
        .execute(self.db())
        .await?;
        self.appended = true;
        metrics::counter!("orderwire_events_appended_total").increment(1);
        Ok(EventId { epoch: self.epoch.to_owned(), sequence })
    }
}

async fn bounds(db: &mut AnyConnection) -> Result<Bounds, Error> {
    let row = sqlx::query("SELECT epoch, head, floor FROM log").fetch_one(db).await?;
    Ok(Bounds { epoch: row.try_get(0)?, head: row.try_get(1)?, floor: row.try_get(2)? })
}

fn log_event(row: &AnyRow) -> Result<LogEvent, sqlx::Error> {
    Ok(LogEvent {
        sequence: row.try_get(0)?,
        audience: from_columns(row.try_get(1)?, row.try_get(2)?),
        kind: row.try_get(3)?,
        data: row.try_get(4)?,
    })
}
