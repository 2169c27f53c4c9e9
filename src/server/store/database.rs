//! Which database: SQLite in a file, or PostgreSQL, which several instances share. All that the two do not take from one text of SQL
//! stands here: how they are opened, how a change begins, how a look at one moment begins.
//!
//! Promises, on both: changes run one after the other, over all instances; a moment's queries see the same state, and wait for no change.

use super::sessions::SessionRows;
use sqlx::{
    AnyPool, ConnectOptions, Connection, Executor, PgConnection,
    any::AnyPoolOptions,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::SqlitePoolOptions,
};
use std::{path::Path, time::Duration};
use tower_sessions_sqlx_store::{PostgresStore, SqliteStore};

/// How long a query may wait for a connection before the caller is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections for sessions, which every request looks up.
const SESSIONS: u32 = 2;

/// Any number that nobody else is likely to lock by: one instance at a time lays the tables.
const LAYING: i64 = 0x6f72_6465_7277_6972;

/// The database's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database {
    Sqlite,
    Postgres,
}

/// An open database: the pools, and what they lead to.
pub(super) struct Opened {
    pub database: Database,
    /// One connection: an instance's writers wait in line here, instead of failing (SQLite) or holding a connection each (PostgreSQL).
    pub writer: AnyPool,
    pub reader: AnyPool,
    pub sessions: SessionRows,
    pub epoch: String,
}

/// Why the database could not be opened, in one line; never with the password that its URL may bear.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("--database-url: only sqlite://<path> and postgres://<user>@<host>/<database> are known, not {0}")]
    Scheme(String),
    #[error("--database-url: {0}")]
    Url(sqlx::Error),
    #[error("cannot make the folder {0}: {1}")]
    Folder(String, std::io::Error),
    #[error("cannot open the database {0}: {1}")]
    Database(String, sqlx::Error),
    #[error("the database {0} was written by a newer version of this program ({1})")]
    Schema(String, MigrateError),
}

impl Database {
    /// Whether other instances may be at work on it.
    pub fn is_shared(self) -> bool {
        self == Database::Postgres
    }

    /// Begins a change. `IMMEDIATE` takes SQLite's write lock at once: a transaction that first reads and then writes could be refused
    /// half way. PostgreSQL's is the lock on the log's one row: it is held until the commit, so that whoever changes something sees all
    /// that was changed before, and sequences are committed in their order. (A sequence of the database's own would be drawn in order
    /// and committed in any: a reader that tails the log would pass by what commits late.)
    pub fn change(self) -> &'static str {
        match self {
            Database::Sqlite => "BEGIN IMMEDIATE",
            Database::Postgres => "BEGIN; SELECT head FROM log FOR UPDATE",
        }
    }

    /// Begins a read whose queries all see the same moment.
    pub fn moment(self) -> &'static str {
        match self {
            Database::Sqlite => "BEGIN",
            Database::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// What a connection is told when it is made.
    fn greeting(self) -> &'static [&'static str] {
        match self {
            // FULL, though WAL would be sound with less: an event that was sent and then lost with the power would give its
            // sequence to another, and a reader that had seen the first would never be shown the second.
            Database::Sqlite => &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 5000"],
            // An instance that freezes in the middle of a change holds the log's lock. It loses the change, and the others go on.
            Database::Postgres => &[
                "SET application_name = 'orderwire'",
                "SET synchronous_commit = on",
                "SET idle_in_transaction_session_timeout = '3s'",
                "SET lock_timeout = '8s'",
            ],
        }
    }

    /// Reading connections. SQLite reads from the page cache, more would only wait for the cores; PostgreSQL's answers travel.
    fn readers(self) -> u32 {
        match self {
            Database::Sqlite => 4,
            Database::Postgres => 8,
        }
    }

    fn pool(self, size: u32) -> AnyPoolOptions {
        AnyPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE).after_connect(move |connection, _| {
            Box::pin(async move {
                for statement in self.greeting() {
                    connection.execute(*statement).await?;
                }
                Ok(())
            })
        })
    }
}

/// Opens the database at `url`, makes or migrates it, and names its log if it is new.
pub(super) async fn open(url: &str) -> Result<Opened, OpenError> {
    sqlx::any::install_default_drivers();
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => sqlite(url).await,
        Some("postgres" | "postgresql") => postgres(url).await,
        scheme => Err(OpenError::Scheme(scheme.map_or("what has no scheme".into(), |scheme| format!("{scheme}:")))),
    }
}

async fn sqlite(url: &str) -> Result<Opened, OpenError> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//").split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        return Err(OpenError::Scheme(url.into()));
    }
    if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.display().to_string(), error))?;
    }
    let url = &format!("sqlite://{path}?mode=rwc");
    let failed = |error| OpenError::Database(path.into(), error);
    let options = SqlitePoolOptions::new().max_connections(SESSIONS).acquire_timeout(PATIENCE);
    let sessions = SessionRows::Sqlite(SqliteStore::new(options.connect(url).await.map_err(failed)?));
    lay(Database::Sqlite, url, path, sessions).await
}

async fn postgres(url: &str) -> Result<Opened, OpenError> {
    let options: PgConnectOptions = url.parse().map_err(OpenError::Url)?;
    let name = format!("{} at {}:{}", options.get_database().unwrap_or(options.get_username()), options.get_host(), options.get_port());
    let failed = |error| OpenError::Database(name.clone(), error);
    // Not from a pool, which would try for a while and then say only that it took too long.
    let mut laying = PgConnection::connect_with(&options.clone().disable_statement_logging()).await.map_err(failed)?;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LAYING).execute(&mut laying).await.map_err(failed)?;
    let pool = PgPoolOptions::new().max_connections(SESSIONS).acquire_timeout(PATIENCE);
    let sessions = SessionRows::Postgres(PostgresStore::new(pool.connect_lazy_with(options)));
    let opened = lay(Database::Postgres, url, &name, sessions).await?;
    // Its end frees the lock.
    laying.close().await.map_err(failed)?;
    Ok(opened)
}

/// Lays the tables, or what they lack, and names the log if it is new.
async fn lay(database: Database, url: &str, name: &str, sessions: SessionRows) -> Result<Opened, OpenError> {
    let failed = |error| OpenError::Database(name.into(), error);
    let writer = database.pool(1).connect(url).await.map_err(failed)?;
    sqlx::migrate!().run(&writer).await.map_err(|error| match error {
        MigrateError::Execute(error) => failed(error),
        other => OpenError::Schema(name.into(), other),
    })?;
    sessions.migrate().await.map_err(failed)?;
    let reader = database.pool(database.readers()).connect(url).await.map_err(failed)?;
    let epoch = super::log::name(&writer).await.map_err(failed)?;
    Ok(Opened { database, writer, reader, sessions, epoch })
}
