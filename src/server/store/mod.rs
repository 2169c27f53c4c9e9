//! The store: all that is kept. A change and the events that tell of it are written in one transaction; when it has committed, the bell
//! rings. Nothing outside this folder speaks SQL, and nothing inside it knows who is connected.
//!
//! SQLite has one writer: its connection is a pool of one, so that writers wait in line here instead of failing there. Readers have
//! their own connections and, in WAL mode, never wait for the writer.

mod figures;
mod log;
mod notifications;
mod orders;
mod people;
mod push;
mod snapshot;

pub use log::{Audience, Extent, Logged, Page};
pub use notifications::Which;
pub use people::{Account, DEMO_PEOPLE};
pub use push::{Push, Pushed};

use crate::{
    error::{Error, Kind},
    event::{Event, EventId},
    server::live::Bell,
};
use sqlx::{Any, AnyConnection, AnyPool, Executor, SqlitePool, Transaction, any::AnyPoolOptions, sqlite::SqlitePoolOptions};
use std::{path::Path, sync::Arc, time::Duration};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

/// Connections for reading; SQLite reads from the page cache, more would only wait for the cores.
const READERS: u32 = 4;

/// How long a query may wait for a connection before the caller is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database, opened and migrated. Clones share it.
#[derive(Clone)]
pub struct Store {
    writer: AnyPool,
    reader: AnyPool,
    sessions: SqlitePool,
    bell: Bell,
    epoch: Arc<str>,
}

/// Why the database could not be opened, in one line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("--database-url {0}: only sqlite://<path> is known")]
    Scheme(String),
    #[error("cannot make the folder {0}: {1}")]
    Folder(String, std::io::Error),
    #[error("cannot open {0}: {1}")]
    Database(String, sqlx::Error),
    #[error("{0} was written by a newer version of this program ({1})")]
    Schema(String, sqlx::migrate::MigrateError),
}

impl Store {
    /// Opens the database at `url`, makes or migrates it, and names its log if it is new. `bell` rings after every commit that
    /// appended to the log.
    pub async fn open(url: &str, bell: Bell) -> Result<Self, OpenError> {
        let path = url
            .strip_prefix("sqlite:")
            .map(|rest| rest.trim_start_matches("//").split('?').next().unwrap_or_default())
            .filter(|path| !path.is_empty() && *path != ":memory:")
            .ok_or_else(|| OpenError::Scheme(url.into()))?;
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.display().to_string(), error))?;
        }
        let url = &format!("sqlite://{path}?mode=rwc");
        let failed = |error| OpenError::Database(path.into(), error);

        sqlx::any::install_default_drivers();
        let writer = pool(1).connect(url).await.map_err(failed)?;
        sqlx::migrate!().run(&writer).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) => failed(error),
            other => OpenError::Schema(path.into(), other),
        })?;
        let reader = pool(READERS).connect(url).await.map_err(failed)?;
        let sessions = SqlitePoolOptions::new().max_connections(2).acquire_timeout(PATIENCE).connect(url).await.map_err(failed)?;
        let epoch = log::name(&writer).await.map_err(failed)?;
        Ok(Self { writer, reader, sessions, bell, epoch: epoch.into() })
    }

    /// The pool that the session store keeps its table in.
    pub fn sessions(&self) -> SqlitePool {
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
        self.sessions.close().await;
        self.writer.close().await;
    }

    fn id(&self, sequence: i64) -> EventId {
        EventId { epoch: self.epoch.to_string(), sequence }
    }

    /// Begins a change. `IMMEDIATE` takes SQLite's write lock at once: a transaction that first reads and then writes could be refused
    /// half way.
    async fn change(&self) -> Result<Change<'_>, Error> {
        Ok(Change { tx: self.writer.begin_with("BEGIN IMMEDIATE").await?, bell: &self.bell, epoch: &self.epoch, appended: false })
    }

    /// Begins a read whose queries all see the same moment.
    async fn moment(&self) -> Result<Transaction<'static, Any>, Error> {
        Ok(self.reader.begin().await?)
    }
}

/// A transaction under way: rows change and events are appended, or neither. Dropped without [`Change::commit`], nothing has happened.
struct Change<'a> {
    tx: Transaction<'static, Any>,
    bell: &'a Bell,
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
            self.bell.ring();
        }
        Ok(())
    }
}

fn pool(size: u32) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE).after_connect(|connection, _| {
        Box::pin(async move {
            // FULL, though WAL would be sound with less: an event that was sent and then lost with the power would give its
            // sequence to another, and a reader that had seen the first would never be shown the second.
            for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 5000"] {
                connection.execute(pragma).await?;
            }
            Ok(())
        })
    })
}

/// Now, as it is written everywhere: RFC 3339, UTC, milliseconds.
pub fn now() -> String {
    written(OffsetDateTime::now_utc())
}

/// The time `age` before now, written likewise.
fn before_now(age: Duration) -> String {
    written(OffsetDateTime::now_utc() - age)
}

fn written(time: OffsetDateTime) -> String {
    const FORMAT: &[BorrowedFormatItem] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.format(FORMAT).unwrap_or_default()
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
        // PostgreSQL keeps no NUL in text; what one database refuses, all refuse.
        false if text.contains('\0') => refuse("has a NUL".into()),
        false => Ok(()),
    }
}

/// What the database cannot do is logged here, once, and told to the caller in general terms.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "database");
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Error::new(Kind::Unavailable, "the database does not answer; try again")
            }
            _ => Error::new(Kind::Internal, "the database refused; the server's log says why"),
        }
    }
}
