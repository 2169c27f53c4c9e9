//! The events that a change appends, and how they are written: however many there are, in a handful of statements.

use super::{
    audience::{from_columns, to_columns},
    connections::AnyQuery,
    error::StoreError,
    idempotency_key::IdempotencyKey,
    log_state::{LogState, UPDATE_LOG},
};
use crate::server::{
    clock::now,
    sse::{Audience, LogEvent},
};
use sqlx::AnyConnection;
use std::sync::LazyLock;

/// Rows of one `INSERT` on SQLite, which limits the arguments of a statement.
const ROWS_MAX: usize = 256;

/// What an event is written to, and in which order.
const INTO_EVENTS: &str = "INTO events (sequence, audience, staff, type, data, idempotency_key, body_hash, committed_at, clock, nonce)";

/// Appends the events of a JSON array, for PostgreSQL. After it come the time, the retention clock, and the nonce.
static FROM_JSON: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT {INTO_EVENTS} SELECT sequence, audience, staff, kind, data, key, hash, $2, $3, $4 FROM json_to_recordset(CAST($1 AS JSON)) \
         AS event (sequence BIGINT, audience TEXT, staff BIGINT, kind TEXT, data TEXT, key TEXT, hash TEXT)"
    )
});

/// Appends [`ROWS_MAX`] events, for SQLite.
static INSERT: LazyLock<String> = LazyLock::new(|| insert(ROWS_MAX));

/// Updates the log's row, appends events and commits, for SQLite. Each is for as many events as a power of two, up to [`ROWS_MAX`], or fewer: a
/// script for each number of events would be prepared anew most of the time.
///
/// The one row of a script says that it has run to its end: sqlx reports one that was cut off half way no differently.
static SCRIPTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let update_log = (1..=6).fold(UPDATE_LOG.to_owned(), |sql, number| sql.replace(&format!("${number}"), "?"));
    let script = |power| format!("{update_log}; {}; COMMIT; SELECT 1", insert(1_usize << power));
    (0..=ROWS_MAX.ilog2()).map(script).collect()
});

/// An event that is appended with the commit.
#[derive(serde::Serialize)]
pub(super) struct NewEvent {
    sequence: i64,
    audience: String,
    staff: i64,
    kind: String,
    data: String,
    key: Option<String>,
    hash: String,
}

impl NewEvent {
    pub fn new(sequence: i64, audience: &Audience, kind: &str, data: String, key: Option<&IdempotencyKey>) -> Self {
        let (audience, staff) = to_columns(audience);
        let hash = key.map(|key| key.hash.clone()).unwrap_or_default();
        Self { sequence, audience, staff, kind: kind.into(), data, key: key.map(|key| key.key.clone()), hash }
    }

    /// As it is read.
    pub fn into_log_event(self) -> LogEvent {
        LogEvent { sequence: self.sequence, audience: from_columns(self.audience, self.staff), kind: self.kind, data: self.data }
    }
}

/// Inserts events into PostgreSQL.
pub(super) async fn insert_as_json(events: &[NewEvent], clock: i64, nonce: i64, db: &mut AnyConnection) -> Result<(), StoreError> {
    let events = serde_json::to_string(events)?;
    sqlx::query(&FROM_JSON).bind(events).bind(now()).bind(clock).bind(nonce).execute(db).await?;
    Ok(())
}

/// Inserts events into SQLite, writes the log's row, and commits.
pub(super) async fn insert_and_commit(events: &[NewEvent], log: &LogState, nonce: i64, db: &mut AnyConnection) -> Result<(), StoreError> {
    let now = now();
    let bind = |query, events| bind(query, events, &now, log.clock, nonce);
    let (more, last) = events.split_at((events.len().max(1) - 1) / ROWS_MAX * ROWS_MAX);
    for rows in more.chunks_exact(ROWS_MAX) {
        bind(sqlx::query(&INSERT), rows).execute(&mut *db).await?;
    }
    let script = SCRIPTS.get(last.len().next_power_of_two().ilog2() as usize);
    let script = script.ok_or_else(|| StoreError::Internal(format!("{} events are too many for one statement", last.len())))?;
    match bind(log.bind(sqlx::query(script)), last).fetch_all(db).await?.is_empty() {
        true => Err(StoreError::Internal("a change was cut off before its commit".into())),
        false => Ok(()),
    }
}

/// A statement for up to so many rows. sqlx leaves a parameter NULL for which it was given nothing: rows without a sequence are those that there
/// are too many of. So no statement with parameters can follow in a script. They have no numbers, because sqlx searches all of them for each
/// that has one.
///
/// It calls no function, and a conflict rolls all back: for a statement that may fail half way and leave the transaction alive, SQLite keeps each
/// page as it was before, beyond 64 KiB in a temporary file. (Whatever fails, the connection is closed, and the transaction is over.)
fn insert(rows: usize) -> String {
    let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
    format!(
        "INSERT OR ROLLBACK {INTO_EVENTS} SELECT column1, column2, column3, column4, column5, column6, column7, ?, ?, ? \
         FROM (VALUES {rows}) WHERE column1 IS NOT NULL"
    )
}

/// Binds the arguments of [`insert`].
fn bind<'q>(query: AnyQuery<'q>, events: &'q [NewEvent], now: &'q str, clock: i64, nonce: i64) -> AnyQuery<'q> {
    let query = query.bind(now).bind(clock).bind(nonce);
    events.iter().fold(query, |query, NewEvent { sequence, audience, staff, kind, data, key, hash }| {
        query.bind(*sequence).bind(audience).bind(*staff).bind(kind).bind(data).bind(key.as_deref()).bind(hash)
    })
}
