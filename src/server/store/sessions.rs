//! The sessions' table: tower-sessions' own store of each database, as one type.

use async_trait::async_trait;
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};
use tower_sessions_sqlx_store::{PostgresStore, SqliteStore};

/// The sessions' table. Clones share its pool.
#[derive(Clone, Debug)]
pub enum SessionRows {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl SessionRows {
    /// Makes the table where it is missing. Not to be done by two instances at once.
    pub(super) async fn migrate(&self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(rows) => rows.migrate().await,
            Self::Postgres(rows) => rows.migrate().await,
        }
    }
}

#[async_trait]
impl SessionStore for SessionRows {
    async fn create(&self, record: &mut Record) -> Result<()> {
        match self {
            Self::Sqlite(rows) => rows.create(record).await,
            Self::Postgres(rows) => {
                // Begins a transaction, which nobody who goes away may give up half way (see [`super::begin`]).
                let (rows, mut mine) = (rows.clone(), record.clone());
                let created = tokio::spawn(async move { rows.create(&mut mine).await.map(|()| mine) }).await;
                *record = created.map_err(|error| Error::Backend(error.to_string()))??;
                Ok(())
            }
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        match self {
            Self::Sqlite(rows) => rows.save(record).await,
            Self::Postgres(rows) => rows.save(record).await,
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        match self {
            Self::Sqlite(rows) => rows.load(id).await,
            Self::Postgres(rows) => rows.load(id).await,
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        match self {
            Self::Sqlite(rows) => rows.delete(id).await,
            Self::Postgres(rows) => rows.delete(id).await,
        }
    }
}

#[async_trait]
impl ExpiredDeletion for SessionRows {
    async fn delete_expired(&self) -> Result<()> {
        match self {
            Self::Sqlite(rows) => rows.delete_expired().await,
            Self::Postgres(rows) => rows.delete_expired().await,
        }
    }
}
