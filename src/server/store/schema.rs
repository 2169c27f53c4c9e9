//! The tables: made or migrated when the database is opened, by one instance at a time.

use super::{
    connections::Connections,
    continuity::fresh_epoch,
    database::{Database, Location, OpenError},
    earlier_sessions,
    error::StoreError,
    migrations::{migrations, newest},
    private_files::make_database,
};
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor, PgConnection, any::AnyConnectOptions, migrate::MigrateError};
use std::time::Duration;
use tokio::time::timeout;

/// How long connecting to the database may take before the program says that it cannot be opened.
const CONNECTING: Duration = Duration::from_secs(60);

/// How long making or migrating its tables may take, with waiting for another instance that does so.
const MIGRATING: Duration = Duration::from_secs(15 * 60);

/// Any number that nobody else is likely to lock by: one instance at a time makes the tables.
const MIGRATION_LOCK: i64 = 0x6f72_6465_7277_6972;

/// The number of a shop's last order before it has one.
pub(super) const LAST_NUMBER_OF_NONE: i64 = 1_000;

/// The connections of an open database, by purpose.
pub(super) struct Opened {
    /// One: an instance's writers wait in line here, instead of failing (SQLite) or holding a connection each (PostgreSQL).
    pub writer: Connections,
    pub pages: Connections,
    pub accounts: Connections,
    pub tail: Connections,
    pub readiness: Connections,
    pub presence: Connections,
}

/// Refuses a database that a newer version of the program has migrated while this one runs, as in a rolling deploy: what this one would
/// write is no longer what the tables are for. `of_database` is the newest migration that it has.
pub(super) fn is_current(of_database: i64) -> Result<(), StoreError> {
    let known = newest();
    if of_database <= known {
        return Ok(());
    }
    let detail = format!("it has migration {of_database}, and this version knows up to {known}");
    Err(StoreError::Unavailable { what: "a newer version has migrated the database; this instance has to be updated", detail })
}

impl Location {
    /// Makes or migrates the database, and names its log if it is new.
    pub async fn open(&self) -> Result<Opened, OpenError> {
        timeout(MIGRATING, self.migrate()).await.map_err(|_| OpenError::Silent(self.name()))??;
        let connections = |size| Connections::new(self.options.clone(), self.database.greeting(), self.database.is_shared(), size);
        Ok(Opened {
            writer: connections(1),
            pages: connections(self.database.pages()),
            accounts: connections(2),
            tail: connections(1),
            readiness: connections(1),
            presence: connections(1),
        })
    }

    async fn migrate(&self) -> Result<(), OpenError> {
        let failed = |error| OpenError::Database(self.name(), error);
        if self.database == Database::Sqlite {
            make_database(&self.path).map_err(|error| failed(sqlx::Error::Io(error)))?;
            let create = format!("sqlite://{}?mode=rwc", self.path.display()).parse::<AnyConnectOptions>().map_err(OpenError::Url)?;
            self.connected(create.connect()).await?.close().await.map_err(failed)?;
            return self.lay().await;
        }
        let mut alone = self.connected(PgConnection::connect(self.options.database_url.as_str())).await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut alone).await.map_err(failed)?;
        self.lay().await?;
        // Its end frees the lock.
        alone.close().await.map_err(failed)
    }

    /// Waits for a connection, as long as one may take.
    async fn connected<T>(&self, connect: impl Future<Output = sqlx::Result<T>>) -> Result<T, OpenError> {
        let connected = timeout(CONNECTING, connect).await.map_err(|_| OpenError::Silent(self.name()))?;
        connected.map_err(|error| OpenError::Database(self.name(), error))
    }

    /// Makes the tables, or what they lack.
    async fn lay(&self) -> Result<(), OpenError> {
        let failed = |error| OpenError::Database(self.name(), error);
        let mut connection: AnyConnection = self.connected(self.options.connect()).await?;
        if self.database == Database::Sqlite {
            connection.execute(self.database.greeting()).await.map_err(failed)?;
        }
        migrations(self.database).run_direct(&mut connection).await.map_err(|error| match error {
            MigrateError::Execute(error) => failed(error),
            other => OpenError::Schema(self.name(), other),
        })?;
        earlier_sessions::take_over(self.database, &mut connection).await.map_err(failed)?;
        name(&mut connection).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }
}

/// Names the log if it is new.
async fn name(db: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let new = "INSERT INTO log (only_row, epoch, head, floor, last_order_number) VALUES (1, $1, 0, 0, $2) \
               ON CONFLICT (only_row) DO NOTHING";
    sqlx::query(new).bind(fresh_epoch()).bind(LAST_NUMBER_OF_NONE).execute(db).await?;
    Ok(())
}
