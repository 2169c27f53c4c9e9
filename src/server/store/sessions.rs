//! The sessions' table, as tower-sessions asks for it. It is the one that the crate tower-sessions-sqlx-store makes, and read and written the
//! same way: sessions of earlier versions go on. That crate is not used, because its pools can hang (see `connections.rs`).
//!
//! Promise: a session's end and the event that ends its streams are one transaction ([`Store::end_session`]).

use super::{database::Database, error::StoreError, handle::Store, health::Part};
use async_trait::async_trait;
use sqlx::Row;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// The sessions' table. Clones share it.
#[derive(Clone)]
pub struct SessionRows {
    store: Store,
    kept: Arc<Mutex<HashSet<Id>>>,
}

/// Keeps one session's row, whoever deletes it, until this is dropped.
pub struct Kept(Arc<Mutex<HashSet<Id>>>, Id);

impl Database {
    /// A statement with the table's name and the type of its times put in.
    fn of_sessions(self, statement: &str) -> String {
        let (table, time) = match self {
            Database::Sqlite => ("tower_sessions", "TEXT"),
            Database::Postgres => ("tower_sessions.session", "TIMESTAMPTZ"),
        };
        statement.replace("{table}", table).replace("{time}", time)
    }
}

impl Store {
    /// The sessions' table.
    pub fn sessions(&self) -> SessionRows {
        SessionRows { store: self.clone(), kept: Arc::default() }
    }

    /// Ends a session: its row goes and its streams end, or neither.
    pub async fn end_session(&self, id: Id, handle: &str) -> std::result::Result<(), StoreError> {
        self.watched(Part::Writer, async {
            let delete = self.database.of_sessions("DELETE FROM {table} WHERE id = $1");
            let mut change = self.change().await?;
            sqlx::query(&delete).bind(id.to_string()).execute(change.db()).await?;
            change.tell_session_ended(handle);
            change.finish(Ok(())).await
        })
        .await
    }
}

impl SessionRows {
    /// Keeps a session's row until its end can be told with [`Store::end_session`].
    pub fn keep(&self, id: Id) -> Kept {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Kept(self.kept.clone(), id)
    }

    /// Runs a statement that can be done twice. SQLite has one writer, and sessions wait for it in line like everybody.
    async fn write(&self, statement: &str, id: &Id, record: Option<&Record>) -> Result<u64> {
        let (store, statement) = (&self.store, self.store.database.of_sessions(statement));
        let (part, connections) = match store.database {
            Database::Sqlite => (Part::Writer, &store.writer),
            Database::Postgres => (Part::Accounts, &store.accounts),
        };
        let (id, data, expires) = (id.to_string(), record.map(encode).transpose()?, record.map(expiry).transpose()?);
        let query = || match (&data, &expires) {
            (Some(data), Some(expires)) => sqlx::query(&statement).bind(&id).bind(data.as_slice()).bind(expires),
            _ => sqlx::query(&statement).bind(&id),
        };
        store.watched(part, connections.execute(query)).await.map_err(backend)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl std::fmt::Debug for SessionRows {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("SessionRows")
    }
}

#[async_trait]
impl SessionStore for SessionRows {
    async fn create(&self, record: &mut Record) -> Result<()> {
        const CREATE: &str = "INSERT INTO {table} (id, data, expiry_date) VALUES ($1, $2, CAST($3 AS {time})) ON CONFLICT (id) DO NOTHING";
        while self.write(CREATE, &record.id, Some(record)).await? == 0 {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        const SAVE: &str = "INSERT INTO {table} (id, data, expiry_date) VALUES ($1, $2, CAST($3 AS {time})) \
                            ON CONFLICT (id) DO UPDATE SET data = excluded.data, expiry_date = excluded.expiry_date";
        self.write(SAVE, &record.id, Some(record)).await?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let store = &self.store;
        let load = store.database.of_sessions("SELECT data FROM {table} WHERE id = $1 AND expiry_date > CAST($2 AS {time})");
        let (id, now) = (id.to_string(), written(OffsetDateTime::now_utc())?);
        let rows = store.watched(Part::Accounts, store.accounts.rows(|| sqlx::query(&load).bind(&id).bind(&now))).await.map_err(backend)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let data: Vec<u8> = row.try_get(0).map_err(backend)?;
        rmp_serde::from_slice(&data).map(Some).map_err(|error| Error::Decode(error.to_string()))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        if self.kept.lock().unwrap_or_else(PoisonError::into_inner).contains(id) {
            return Ok(());
        }
        self.write("DELETE FROM {table} WHERE id = $1", id, None).await?;
        Ok(())
    }
}

#[async_trait]
impl ExpiredDeletion for SessionRows {
    async fn delete_expired(&self) -> Result<()> {
        let store = &self.store;
        let now = written(OffsetDateTime::now_utc())?;
        let delete = store.database.of_sessions("DELETE FROM {table} WHERE expiry_date < CAST($1 AS {time})");
        let deleted = store.writer.execute(|| sqlx::query(&delete).bind(&now));
        store.watched(Part::Writer, deleted).await.map_err(backend)?;
        Ok(())
    }
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    rmp_serde::to_vec(record).map_err(|error| Error::Encode(error.to_string()))
}

fn expiry(record: &Record) -> Result<String> {
    written(record.expiry_date)
}

fn written(time: OffsetDateTime) -> Result<String> {
    time.format(&Rfc3339).map_err(|error| Error::Encode(error.to_string()))
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}
