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

/// Rows of one `INSERT` on SQLite. The number of a statement's arguments has a bound there.
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

/// For SQLite: each appends up to as many events as a power of two, 1 to [`ROWS_MAX`]. A statement for each number of events would be prepared
/// anew most of the time.
static INSERTS: LazyLock<Vec<String>> = LazyLock::new(|| by_size(insert));

/// Likewise, between the update of the log's row and the commit. Its one row says that it was run to its end: sqlx tells a script that its
/// thread gave up half way from one that is over by nothing else.
static SCRIPTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let update_log = (1..=6).fold(UPDATE_LOG.to_owned(), |sql, number| sql.replace(&format!("${number}"), "?"));
    by_size(|rows| format!("{update_log}; {}; COMMIT; SELECT 1", insert(rows)))
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
    for rows in more.chunks(ROWS_MAX) {
        bind(sqlx::query(of_size(&INSERTS, rows.len())?), rows).execute(&mut *db).await?;
    }
    let script = log.bind(sqlx::query(of_size(&SCRIPTS, last.len())?));
    match bind(script, last).fetch_all(db).await?.is_empty() {
        true => Err(StoreError::Internal("a change was cut off before its commit".into())),
        false => Ok(()),
    }
}

/// What SQLite is not given is NULL: rows without a sequence are those that there are too many of. Its parameters have no numbers: sqlx would
/// look for that of each among those of all.
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

fn by_size(statement: impl Fn(usize) -> String) -> Vec<String> {
    (0..=ROWS_MAX.ilog2()).map(|power| statement(1 << power)).collect()
}

/// The statement for so many rows.
fn of_size(statements: &[String], rows: usize) -> Result<&str, StoreError> {
    let statement = statements.get(rows.next_power_of_two().ilog2() as usize);
    statement.map(String::as_str).ok_or_else(|| StoreError::Internal(format!("{rows} events are too many for one statement")))
}
