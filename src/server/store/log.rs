//! The log: every event, in commit order, kept for a while.
//!
//! Promises: an event has a sequence if and only if its transaction committed; sequences have no gaps; their order is commit order.
//! Not promised: that an old event is still there. Whoever asks for more than is kept is told so ([`Page::Gone`]).

use super::{Change, Store, before_now, now};
use crate::model::{error::Error, event::EventId, user::User};
use futures::TryStreamExt;
use sqlx::{AnyConnection, AnyPool, Row, any::AnyRow};
use std::time::Duration;
use uuid::Uuid;

/// Events that one read fetches, and bytes of data after which it fetches no more: enough to be quick, little enough to be held by
/// every stream that catches up at once and by every reader that then takes nothing.
const PAGE: i64 = 256;
const PAGE_BYTES: usize = 128 * 1024;

/// Events that one step of trimming deletes: writers wait for no longer than that takes.
const TRIM: i64 = 1_000;

/// To whom an event is addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One user.
    User(String),
    /// One user, and all staff.
    UserAndStaff(String),
    /// Everyone.
    Everyone,
    /// Nobody's stream: it tells every instance that the session of this handle has ended.
    Session(String),
    /// Nobody's stream: it tells every instance that all sessions of this user have ended.
    SessionsOf(String),
    /// Nobody's stream: it tells the instance that holds it that one stream is to be cut.
    Stream(String),
}

impl Audience {
    fn columns(&self) -> (String, i64) {
        match self {
            Audience::User(name) => (name.clone(), 0),
            Audience::UserAndStaff(name) => (name.clone(), 1),
            Audience::Everyone => ("*".into(), 0),
            Audience::Session(handle) => (format!("session:{handle}"), 0),
            Audience::SessionsOf(name) => (format!("sessions-of:{name}"), 0),
            Audience::Stream(client) => (format!("stream:{client}"), 0),
        }
    }

    fn from_columns(audience: String, staff: i64) -> Self {
        match audience.split_once(':') {
            Some(("session", handle)) => Audience::Session(handle.into()),
            Some(("stream", client)) => Audience::Stream(client.into()),
            Some((_, name)) => Audience::SessionsOf(name.into()),
            None if audience == "*" => Audience::Everyone,
            None if staff == 1 => Audience::UserAndStaff(audience),
            None => Audience::User(audience),
        }
    }
}

/// An event as the log keeps it.
#[derive(Clone, Debug)]
pub struct Logged {
    pub sequence: i64,
    pub audience: Audience,
    pub kind: String,
    pub data: String,
}

/// From where to where the log can be read.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The last event's position.
    pub head: i64,
    /// The last that has been trimmed: the oldest position that can be read on from.
    pub floor: i64,
}

/// What lies past a cursor.
#[derive(Debug)]
pub enum Page {
    /// The next events, and the position up to which the reader has then read: the last of them, or the head if there are no more.
    Events { events: Vec<Logged>, through: i64 },
    /// Some of what lies past the cursor has been trimmed; the log goes on after `head`.
    Gone { head: i64 },
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

impl Store {
    /// From where to where the log can be read now.
    pub async fn extent(&self) -> Result<Extent, Error> {
        extent(&mut *self.reader.acquire().await?).await
    }

    /// What lies past `cursor`: for `user`, or, for nobody, all of it. The head is read at the same moment as the events: past the
    /// last of them and up to it, there is nothing for this reader.
    pub async fn after(&self, cursor: i64, user: Option<&User>) -> Result<Page, Error> {
        let mut moment = self.moment().await?;
        let Extent { head, floor } = extent(&mut moment).await?;
        if cursor < floor {
            return Ok(Page::Gone { head });
        }
        let query = match user {
            None => sqlx::query("SELECT sequence, audience, staff, type, data FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2"),
            Some(_) => sqlx::query(
                "SELECT sequence, audience, staff, type, data FROM events \
                 WHERE sequence > $1 AND (audience IN ($3, '*') OR (staff = 1 AND $4 = 1)) ORDER BY sequence LIMIT $2",
            ),
        };
        let query = query.bind(cursor).bind(PAGE);
        let query = match user {
            None => query,
            Some(user) => query.bind(&user.username).bind(i64::from(user.is_staff())),
        };
        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut rows = query.fetch(&mut *moment);
        while bytes < PAGE_BYTES
            && let Some(row) = rows.try_next().await?
        {
            let event = logged(&row)?;
            bytes += event.data.len();
            events.push(event);
        }
        drop(rows);
        moment.commit().await?;
        let through = match events.last() {
            Some(last) if events.len() as i64 == PAGE || bytes >= PAGE_BYTES => last.sequence,
            _ => head.max(cursor),
        };
        Ok(Page::Events { events, through })
    }

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
        change.append(&Audience::Session(handle.into()), "session.ended", "{}", None).await?;
        change.commit().await
    }

    /// Asks the instance that holds that stream to cut it.
    pub async fn cut_stream(&self, client: Uuid) -> Result<(), Error> {
        let mut change = self.change().await?;
        change.append(&Audience::Stream(client.to_string()), "stream.cut", "{}", None).await?;
        change.commit().await
    }
}

impl Change<'_> {
    /// Appends an event of any type. `data` is one line of JSON; a `key` that is kept already is an error of the database's.
    pub(super) async fn append(&mut self, audience: &Audience, kind: &str, data: &str, key: Option<&str>) -> Result<EventId, Error> {
        let sequence: i64 = sqlx::query_scalar("UPDATE log SET head = head + 1 RETURNING head").fetch_one(self.db()).await?;
        let (audience, staff) = audience.columns();
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

async fn extent(db: &mut AnyConnection) -> Result<Extent, Error> {
    let row = sqlx::query("SELECT head, floor FROM log").fetch_one(db).await?;
    Ok(Extent { head: row.try_get(0)?, floor: row.try_get(1)? })
}

fn logged(row: &AnyRow) -> Result<Logged, sqlx::Error> {
    Ok(Logged {
        sequence: row.try_get(0)?,
        audience: Audience::from_columns(row.try_get(1)?, row.try_get(2)?),
        kind: row.try_get(3)?,
        data: row.try_get(4)?,
    })
}
