//! Which database: SQLite in a file, or PostgreSQL, which several instances share. All that the two do not take from one text of SQL
//! is here or, where it is a single statement, beside its other form.
//!
//! Promises, on both: changes run one after the other, over all instances; the queries of one moment see the same state, and wait for no
//! change; a statement that waits for a lock gives up before its caller does.

use super::{
    continuity::NO_NONCE,
    private_files::{make_folder, may_be_database},
};
use log::LevelFilter;
use sqlx::{ConnectOptions, any::AnyConnectOptions, migrate::MigrateError, postgres::PgConnectOptions};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The database's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database {
    Sqlite,
    Postgres,
}

/// Where a database is.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub database: Database,
    /// Of SQLite.
    pub path: PathBuf,
    /// As people call it; never with the password that its URL may bear.
    pub name: String,
    pub options: AnyConnectOptions,
}

/// Why the database could not be opened, in one line; never with the password that its URL may bear.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("--database-url: only sqlite://<path> and postgres://<user>@<host>/<database> are known, not {0}")]
    Scheme(String),
    #[error("--database-url: {0}")]
    Url(sqlx::Error),
    /// What cannot be told apart may be the password: nothing of the URL is shown.
    #[error(
        "--database-url: must be postgres://<user>:<password>@<host>/<database>, with /, ?, #, : and @ in the password percent-encoded"
    )]
    Form,
    #[error("there is no database {0}")]
    Missing(String),
    #[error("{0} is no SQLite database")]
    NoDatabase(String),
    #[error("cannot make the folder {0}: {1}")]
    Folder(String, std::io::Error),
    #[error("cannot open the database {0}: {1}")]
    Database(String, sqlx::Error),
    #[error("cannot open the database {0}: it does not answer")]
    Silent(String),
    #[error("the database {0} was written by a newer version of this program ({1})")]
    Schema(String, MigrateError),
    #[error("another process serves the database {0}; several instances need PostgreSQL")]
    Served(String),
    #[error("cannot lock the database {0}: {1}")]
    Lock(String, std::io::Error),
    #[error("cannot use the database {0}: {1}")]
    Unusable(String, String),
}

impl Database {
    /// Whether other instances may be at work on it.
    pub fn is_shared(self) -> bool {
        self == Database::Postgres
    }

    /// Begins a change. `IMMEDIATE` takes SQLite's write lock at once: a transaction that first reads and then writes could be refused
    /// half way.
    pub fn begin_change(self) -> &'static str {
        match self {
            Database::Sqlite => "BEGIN IMMEDIATE",
            Database::Postgres => "BEGIN",
        }
    }

    /// Reads the log's one row, and on PostgreSQL locks it until the commit: whoever changes something sees all that was changed before,
    /// and sequences are committed in their order. (A sequence of the database's own would be drawn in order and committed in any: a
    /// reader that tails the log would pass by what commits late.) After the floor and the retention clock come the database's clock, the last
    /// order's number, the newest migration, and on SQLite the nonce of the last event.
    pub fn lock_log(self) -> String {
        let (nonce, lock) = match self {
            Database::Sqlite => ("(SELECT nonce FROM events WHERE sequence = head)", ""),
            Database::Postgres => ("CAST(NULL AS BIGINT)", " FOR UPDATE"),
        };
        format!(
            "SELECT epoch, head, floor, clock, clock_read_at, {}, last_order_number, (SELECT MAX(version) FROM _sqlx_migrations), \
                 COALESCE({nonce}, {NO_NONCE}) FROM log{lock}",
            self.clock()
        )
    }

    /// Whether a query may be a script: several statements with arguments. With SQLite's driver each query costs two switches between threads.
    /// PostgreSQL's protocol has no scripts. (sqlx discourages them, since on other databases they do something else.)
    pub fn takes_scripts(self) -> bool {
        self == Database::Sqlite
    }

    /// The database's own clock, milliseconds since 1970.
    pub fn clock(self) -> &'static str {
        match self {
            Database::Sqlite => "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)",
            Database::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// Begins a read whose queries all see the same moment.
    pub fn begin_read(self) -> &'static str {
        match self {
            Database::Sqlite => "BEGIN",
            Database::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// A query for the texts of the JSON array that is bound as `$1`.
    pub fn texts(self) -> &'static str {
        match self {
            Database::Sqlite => "SELECT value FROM json_each($1)",
            Database::Postgres => "SELECT json_array_elements_text(CAST($1 AS JSON))",
        }
    }

    /// A query for the numbers of the JSON array that is bound as `$1`.
    pub fn numbers(self) -> &'static str {
        match self {
            Database::Sqlite => "SELECT value FROM json_each($1)",
            Database::Postgres => "SELECT CAST(json_array_elements_text(CAST($1 AS JSON)) AS BIGINT)",
        }
    }

    /// A condition that a column is among what a query for a bounded number of values finds. PostgreSQL then looks each of them up in the
    /// column's index; of a join it might think that walking the whole index is as cheap.
    pub fn among(self, query: &str) -> String {
        match self {
            Database::Sqlite => format!("IN ({query})"),
            Database::Postgres => format!("= ANY (ARRAY ({query}))"),
        }
    }

    /// A condition for rows of an index of a key and a number: those of one key whose numbers are within two bounds, each an operator and a value.
    ///
    /// PostgreSQL compares both columns as one row, and has then no other way to read them, whatever it guesses of the key: with
    /// `customer = $1 AND number < $2 ORDER BY number DESC` it may walk all orders by number for those of one customer. SQLite would compare
    /// rows by the key alone where the number is the table's own row number, and walk all rows of the key.
    pub fn of_key(self, (key, number): (&str, &str), value: &str, bounds: [(&str, &str); 2]) -> String {
        let [from, to] = bounds.map(|(operator, bound)| match self {
            Database::Sqlite => format!("{number} {operator} {bound}"),
            Database::Postgres => format!("({key}, {number}) {operator} ({value}, {bound})"),
        });
        match self {
            Database::Sqlite => format!("{key} = {value} AND {from} AND {to}"),
            Database::Postgres => format!("{from} AND {to}"),
        }
    }

    /// A query for the objects of the JSON array that is bound as `$1`, as rows. `columns`: each member's name and its type.
    pub fn rows(self, columns: &[(&str, &str)]) -> String {
        let list = |of: fn(&(&str, &str)) -> String| columns.iter().map(of).collect::<Vec<_>>().join(", ");
        match self {
            Database::Sqlite => format!("SELECT {} FROM json_each($1)", list(|(name, _)| format!("value ->> '{name}' AS {name}"))),
            Database::Postgres => format!(
                "SELECT {} FROM json_to_recordset(CAST($1 AS JSON)) AS given ({})",
                list(|(name, _)| (*name).into()),
                list(|(name, kind)| format!("{name} {kind}"))
            ),
        }
    }

    /// What a connection is told when it is made.
    pub fn greeting(self) -> &'static str {
        match self {
            // FULL, though WAL would be sound with less: an event that was sent and then lost with the power would give its
            // sequence to another, and a reader that had seen the first would never be shown the second.
            // A checkpoint copies a page once, however many commits wrote it: one for each 4,000 pages of WAL (16 MiB) copies far fewer than
            // SQLite's default, one for each 1,000. Not more: the change that reaches the number waits while all of them are copied, which a
            // slow disk makes long; and up to 4,062 pages, a reader searches one block of the WAL's index.
            Database::Sqlite => {
                "PRAGMA busy_timeout = 3500; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000"
            }
            // An instance that freezes in the middle of a change holds the log's lock. It loses the change, and the others, who wait
            // for a lock a little longer than that, go on. And where the network has lost a connection without a word, PostgreSQL finds out
            // by keep-alives of its own, within half a minute: by default it would keep a place for it for two hours.
            Database::Postgres => {
                "SET application_name = 'orderwire'; SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '2500ms'; \
                 SET lock_timeout = '3500ms'; SET statement_timeout = '4s'; \
                 SET tcp_keepalives_idle = '10s'; SET tcp_keepalives_interval = '5s'; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '25s'"
            }
        }
    }

    /// Connections for pages and for streams that catch up. SQLite reads from the page cache, more would only wait for the cores;
    /// PostgreSQL's answers travel.
    pub fn pages(self) -> u32 {
        match self {
            Database::Sqlite => 4,
            Database::Postgres => 8,
        }
    }
}

impl Location {
    /// Reads a URL, and makes the folder of a SQLite file. A file that is something else is refused before anything of it is changed.
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Self::sqlite(url),
            Some("postgres" | "postgresql") => Self::postgres(url),
            Some(scheme) if scheme.chars().all(|letter| letter.is_ascii_alphanumeric()) => Err(OpenError::Scheme(format!("{scheme}:"))),
            _ => Err(OpenError::Scheme("what has no scheme".into())),
        }
    }

    /// Refuses the URL of a SQLite file that is not there: whoever looks something up has mistyped it.
    pub fn must_exist(url: &str) -> Result<(), OpenError> {
        let path = sqlite_path(url);
        if url.starts_with("sqlite:") && !Path::new(path).exists() { Err(OpenError::Missing(path.into())) } else { Ok(()) }
    }

    fn sqlite(url: &str) -> Result<Self, OpenError> {
        let path = sqlite_path(url);
        if path.is_empty() || path == ":memory:" {
            return Err(OpenError::Scheme(url.into()));
        }
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder).map_err(|error| OpenError::Folder(folder.display().to_string(), error))?;
        }
        if !may_be_database(Path::new(path)) {
            return Err(OpenError::NoDatabase(path.into()));
        }
        // Made once, when it is opened: later, a file that is gone is a fault, and not a new database.
        let options = format!("sqlite://{path}?mode=rw").parse::<AnyConnectOptions>().map_err(OpenError::Url)?;
        let options = log_statements(options);
        Ok(Self { database: Database::Sqlite, path: path.into(), name: path.into(), options })
    }

    fn postgres(url: &str) -> Result<Self, OpenError> {
        let (_, rest) = url.split_once("://").ok_or(OpenError::Form)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.matches('@').count() > 1 || path.contains('@') {
            return Err(OpenError::Form);
        }
        let postgres: PgConnectOptions = url.parse().map_err(OpenError::Url)?;
        let database = postgres.get_database().unwrap_or(postgres.get_username());
        let name = format!("{database} at {}:{}", postgres.get_host(), postgres.get_port());
        let options = log_statements(url.parse::<AnyConnectOptions>().map_err(OpenError::Url)?);
        Ok(Self { database: Database::Postgres, path: PathBuf::new(), name, options })
    }

    /// A file beside that of SQLite, such as `orderwire.db.epoch`.
    pub fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(ending);
        name.into()
    }

    pub fn name(&self) -> String {
        self.name.clone()
    }
}

/// The path in a URL of SQLite.
fn sqlite_path(url: &str) -> &str {
    url.trim_start_matches("sqlite:").trim_start_matches("//").split('?').next().unwrap_or_default()
}

/// Each statement can be seen (`RUST_LOG=sqlx=trace`), and none is a warning: what takes too long is told by who waited for it.
fn log_statements(options: AnyConnectOptions) -> AnyConnectOptions {
    options.log_statements(LevelFilter::Trace).log_slow_statements(LevelFilter::Trace, Duration::MAX)
}
