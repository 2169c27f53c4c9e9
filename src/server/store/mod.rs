//! The store: all that is kept. A change and the events that tell of it are written in one transaction; when it has committed, the notifier
//! rings. Nothing outside this folder speaks SQL, and nothing inside it knows who is connected.
//!
//! One text of SQL serves every database; what differs stands in one file, `database.rs`.

mod database;
mod demo;
mod log;
mod notifications;
mod orders;
mod presence;
mod push;
mod sessions;
mod snapshot;
mod stats;
mod users;

pub use database::OpenError;
pub use log::{STAFF, subscriber};
pub use notifications::Which;
pub use presence::{Instance, StreamRow};
pub use push::{Push, Pushed};
pub use sessions::SessionRows;
pub use users::{Account, DEMO_PEOPLE};

use crate::{
    model::{
        error::{Error, Kind},
        event::{Event, EventId},
    },
    server::{
        clock::{before_now, now, rfc3339},
        sse::{Audience, CommitNotifier},
    },
};
use database::{Database, Opened};
use sqlx::{Any, AnyConnection, AnyPool, Executor, Transaction};
use std::sync::Arc;

/// The database, opened and migrated. Clones share it.
#[derive(Clone)]
pub struct Store {
    writer: AnyPool,
    reader: AnyPool,
    sessions: SessionRows,
    database: Database,
    notifier: CommitNotifier,
    epoch: Arc<str>,
}

impl Store {
    /// Opens the database at `url`, makes or migrates it, and names its log if it is new. `notifier` rings after every commit that
    /// appended to the log.
    pub async fn open(url: &str, notifier: CommitNotifier) -> Result<Self, OpenError> {
        let Opened { database, writer, reader, sessions, epoch } = database::open(url).await?;
        Ok(Self { writer, reader, sessions, database, notifier, epoch: epoch.into() })
    }

    /// The sessions' table.
    pub fn sessions(&self) -> SessionRows {
        self.sessions.clone()
    }

    /// The log's name: the first half of every event's id.
    pub fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> Result<(), Error> {
        self.reader.execute("SELECT 1").await?;
        Ok(())
    }

    /// Closes all connections; what was committed is in the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    fn id(&self, sequence: i64) -> EventId {
        EventId { epoch: self.epoch.to_string(), sequence }
    }

    /// Begins a change: the only one, over all instances, until it ends.
    async fn change(&self) -> Result<Change<'_>, Error> {
        let tx = begin(&self.writer, self.database.change()).await?;
        Ok(Change { tx, notifier: &self.notifier, epoch: &self.epoch, appended: false })
    }

    /// Begins a read whose queries all see the same moment.
    async fn moment(&self) -> Result<Transaction<'static, Any>, Error> {
        begin(&self.reader, self.database.moment()).await
    }
}

/// Begins a transaction, in a task of its own: whoever asks for it may go away at any moment, and were a `BEGIN` given up half way, its
/// connection would go back to the pool within a transaction that nobody ends. So given up, it is rolled back as soon as it has begun.
async fn begin(pool: &AnyPool, statement: &'static str) -> Result<Transaction<'static, Any>, Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
    Ok(begun.map_err(|_| Error::new(Kind::Unavailable, "the server is stopping"))??)
}

/// A transaction under way: rows change and events are appended, or neither. Dropped without [`Change::commit`], nothing has happened.
struct Change<'a> {
    tx: Transaction<'static, Any>,
    notifier: &'a CommitNotifier,
    epoch: &'a str,
    appended: bool,
}

impl Change<'_> {
    fn db(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    /// Appends an event that tells of this change.
    async fn tell(&mut self, audience: &Audience, event: &Event) -> Result<EventId, Error> {
        let data = serde_json::to_string(event).map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
        self.append(audience, event.kind(), &data, None).await
    }

    /// Commits, and rings the bell where the log has grown.
    async fn commit(self) -> Result<(), Error> {
        self.tx.commit().await?;
        if self.appended {
            self.notifier.notify();
        }
        Ok(())
    }
}

/// A new id for a thing: time-ordered, so that rows made together lie together.
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn one_line(field: &str, text: &str, max: usize) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::invalid(format!("the {field} {why}")).at(field));
    match text.trim().is_empty() {
        true => refuse("is empty".into()),
        false if text.chars().count() > max => refuse(format!("is longer than {max} characters")),
        false if !can_be_kept(text) => refuse("has a NUL".into()),
        false => Ok(()),
    }
}

/// Whether a text can be in the database at all: PostgreSQL keeps no NUL, and a transaction that asks for one is lost.
fn can_be_kept(text: &str) -> bool {
    !text.contains('\0')
}

/// What the database cannot do is logged here, once, and told to the caller in general terms.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "database");
        match is_away(&error) {
            true => Error::new(Kind::Unavailable, "the database does not answer; try again"),
            false => Error::new(Kind::Internal, "the database refused; the server's log says why"),
        }
    }
}

/// Whether the same may go well a little later.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // A connection whose other end went away in the middle of an answer.
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        // PostgreSQL's classes (its manual, appendix A): connection lost, transaction timed out, rolled back for another's sake, out of
        // connections, memory or disk, waited too long for a lock, stopping or starting; and a server that has become a replica.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.len() == 5 && ["08", "25P03", "40", "53", "55P03", "57", "25006"].iter().any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}
