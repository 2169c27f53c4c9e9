//! The sessions' table, as tower-sessions asks for it. What the cookie carries is in no row: the row's id is its SHA-256, so whoever reads the
//! database, or a backup of it, cannot sign in with what is there.
//!
//! Promises: a session's end and the event that ends its streams are one transaction ([`Store::end_session`]); a session that has ended does
//! not come back, however late a request is that had read it; none outlives its absolute end, and none the time without use.

use super::{
    connections::Connections,
    error::StoreError,
    handle::Store,
    health::Part,
    session_row::{SessionRow, hashed},
    transaction::Change,
};
use crate::server::{
    clock::{epoch_ms, millis},
    sse::Audience,
};
use async_trait::async_trait;
use sqlx::Row;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// The sessions' table. Clones share it.
#[derive(Clone)]
pub struct SessionRows {
    store: Store,
    /// How long a session lasts without use; `None` for as long as it lasts at all.
    idle: Option<Duration>,
    kept: Arc<Mutex<HashSet<Id>>>,
}

/// Keeps one session's row, whoever deletes it, until this is dropped.
pub struct Kept(Arc<Mutex<HashSet<Id>>>, Id);

impl Store {
    /// The sessions' table. A session that is not used for `idle` ends.
    pub fn sessions(&self, idle: Option<Duration>) -> SessionRows {
        SessionRows { store: self.clone(), idle, kept: Arc::default() }
    }

    /// Ends a session: its row goes and its streams end, or neither.
    pub async fn end_session(&self, id: Id, handle: &str) -> std::result::Result<(), StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            sqlx::query("DELETE FROM sessions WHERE id = $1").bind(hashed(&id)).execute(change.db()).await?;
            change.tell_session_ended(handle);
            change.finish(Ok(())).await
        })
        .await
    }

    /// Ends all sessions of a user, and their streams.
    pub async fn end_sessions(&self, username: &str) -> std::result::Result<(), StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = match Self::must_exist(&mut change, username, "username").await {
                Ok(()) => change.end_sessions_of(username).await,
                Err(error) => Err(error),
            };
            change.finish(outcome).await
        })
        .await
    }

    /// Whether there is a session of that handle that has not ended, of a user who has not been removed.
    pub async fn has_session(&self, handle: &str) -> std::result::Result<bool, StoreError> {
        Ok(self.watched(Part::Accounts, self.lookups.handles.find(handle)).await?.is_some())
    }
}

impl Change {
    pub(super) async fn end_sessions_of(&mut self, username: &str) -> std::result::Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE username = $1").bind(username).execute(self.db()).await?;
        self.append(&Audience::SessionsEnded(username.into()), "session.ended", "{}".into(), None);
        Ok(())
    }

    /// Ends all sessions of a user but the one of that handle.
    pub(super) async fn end_other_sessions(&mut self, username: &str, own: &str) -> std::result::Result<(), StoreError> {
        let others = "DELETE FROM sessions WHERE username = $1 AND handle <> $2 RETURNING handle";
        let rows = sqlx::query(others).bind(username).bind(own).fetch_all(self.db()).await?;
        let handles: HashSet<String> = rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?;
        handles.iter().for_each(|handle| self.tell_session_ended(handle));
        Ok(())
    }
}

impl SessionRows {
    /// Keeps a session's row until its end can be told with [`Store::end_session`].
    pub fn keep(&self, id: Id) -> Kept {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Kept(self.kept.clone(), id)
    }

    /// Puts off the end without use of the sessions of these handles. Returns the handles of those that there are.
    pub async fn touch(&self, handles: &HashSet<String>) -> std::result::Result<HashSet<String>, StoreError> {
        let texts = self.store.database.texts();
        let touch = format!(
            "UPDATE sessions SET ends_at = CASE WHEN expires_at < $2 THEN expires_at ELSE $2 END \
             WHERE handle IN ({texts}) RETURNING handle"
        );
        let (json, ends) = (serde_json::to_string(handles)?, self.ends_without_use());
        let (part, connections) = self.writing();
        self.store
            .watched(part, async {
                let rows = connections.rows(|| sqlx::query(&touch).bind(&json).bind(ends)).await?;
                Ok(rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?)
            })
            .await
    }

    /// Runs a statement that can be done twice, with the row's values from `$1` on.
    async fn write(&self, statement: &str, id: &Id, row: Option<&SessionRow>) -> Result<u64> {
        let id = hashed(id);
        let query = || {
            let query = sqlx::query(statement).bind(&id);
            match row {
                Some(row) => query.bind(&row.username).bind(&row.handle).bind(&row.data).bind(row.expires_at).bind(row.ends_at),
                None => query,
            }
        };
        let (part, connections) = self.writing();
        self.store.watched(part, connections.execute(query)).await.map_err(backend)
    }

    /// SQLite has one writer, and sessions wait for it in line like everybody.
    fn writing(&self) -> (Part, &Connections) {
        match self.store.database.is_shared() {
            false => (Part::Writer, &self.store.writer),
            true => (Part::Accounts, &self.store.accounts),
        }
    }

    fn row(&self, record: &Record) -> Result<SessionRow> {
        let row = SessionRow::of(&record.data, record.expiry_date).map_err(|error| Error::Encode(error.to_string()))?;
        Ok(SessionRow { ends_at: row.expires_at.min(self.ends_without_use()), ..row })
    }

    /// When a session that is used now ends if it is not used again.
    fn ends_without_use(&self) -> i64 {
        self.idle.map_or(i64::MAX, |idle| epoch_ms().saturating_add(millis(idle)))
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
        const CREATE: &str = "INSERT INTO sessions (id, username, handle, data, expires_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6) \
                              ON CONFLICT (id) DO NOTHING";
        let row = self.row(record)?;
        while self.write(CREATE, &record.id, Some(&row)).await? == 0 {
            record.id = Id::default();
        }
        Ok(())
    }

    /// Writes no row that is not there: its session has ended meanwhile.
    async fn save(&self, record: &Record) -> Result<()> {
        const SAVE: &str = "UPDATE sessions SET username = $2, handle = $3, data = $4, expires_at = $5, ends_at = $6 WHERE id = $1";
        self.write(SAVE, &record.id, Some(&self.row(record)?)).await?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let (store, row_id) = (&self.store, hashed(id));
        let row = store.watched(Part::Accounts, store.lookups.sessions.find(&row_id)).await.map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let (data, expires_at): (String, i64) = (row.try_get(1).map_err(backend)?, row.try_get(2).map_err(backend)?);
        let data = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at) * 1_000_000);
        Ok(Some(Record { id: *id, data, expiry_date: expiry_date.map_err(|error| Error::Decode(error.to_string()))? }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        if self.kept.lock().unwrap_or_else(PoisonError::into_inner).contains(id) {
            return Ok(());
        }
        self.write("DELETE FROM sessions WHERE id = $1", id, None).await?;
        Ok(())
    }
}

#[async_trait]
impl ExpiredDeletion for SessionRows {
    async fn delete_expired(&self) -> Result<()> {
        let store = &self.store;
        let deleted = store.writer.execute(|| sqlx::query("DELETE FROM sessions WHERE ends_at <= $1").bind(epoch_ms()));
        store.watched(Part::Writer, deleted).await.map_err(backend)?;
        Ok(())
    }
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}
