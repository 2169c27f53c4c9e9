//! Transactions. A change and the events that tell of it are one: rows change and events are appended, or neither.
//!
//! Promises: changes run one after the other, over all instances; the events of one have consecutive sequences, in commit order; after
//! the commit the notifier is told.

use super::{
    connections::{Connections, Lease},
    continuity::Mark,
    database::Database,
    error::StoreError,
    handle::Store,
    idempotency_key::IdempotencyKey,
    log_page::Read,
    log_state::{LogState, UPDATE_LOG, no_state},
    new_events::{NewEvent, insert_and_commit, insert_as_json},
    order_changes::OrderChanges,
    recent_commits::Commit,
    schema::is_current,
};
use crate::{
    model::{
        event::{Event, EventId},
        stats::{POINT, POINTS},
    },
    server::sse::{Audience, Bounds, Page},
};
use sqlx::{AnyConnection, Executor, Row, any::AnyRow};
use std::time::Instant;

const COMMIT: &str = "COMMIT";

/// A transaction that changes something. Dropped without [`Change::finish`], nothing has happened.
pub(super) struct Change {
    lease: Lease,
    store: Store,
    /// The log as it was when the change began, and as it will be when it ends.
    pub log: LogState,
    /// What it does to orders.
    pub orders: OrderChanges,
    /// Whether it changes what is in the log already: events, or the epoch.
    pub rewrites_log: bool,
    events: Vec<NewEvent>,
    nonce: i64,
}

/// A query that is asked at the beginning of a change, and its one argument.
pub(super) struct FirstQuery<'a> {
    pub query: &'a str,
    pub argument: &'a str,
}

impl Store {
    /// Begins a change: the only one, over all instances, until it ends.
    pub(super) async fn change(&self) -> Result<Change, StoreError> {
        Ok(self.change_and_find(None).await?.0)
    }

    /// Likewise, with a query that is asked in the same round trip, where the database takes scripts. Returns its rows.
    pub(super) async fn change_and_find(&self, query: Option<FirstQuery<'_>>) -> Result<(Change, Vec<AnyRow>), StoreError> {
        let (row, found, lease) = self.begin_change(query).await?;
        is_current(row.try_get(7)?)?;
        let log = LogState::read(&row)?;
        let nonce = fastrand::i64(1..);
        Ok((
            Change { lease, store: self.clone(), log, orders: OrderChanges::default(), rewrites_log: false, events: Vec::new(), nonce },
            found,
        ))
    }

    /// Begins its transaction. Returns the log's row, as [`Database::lock_log`] reads it, and those of the query.
    async fn begin_change(&self, query: Option<FirstQuery<'_>>) -> Result<(AnyRow, Vec<AnyRow>, Lease), StoreError> {
        let (begin, lock) = (self.database.begin_change(), self.database.lock_log());
        if self.database.takes_scripts() {
            let (query, argument) = query.map_or(("", None), |FirstQuery { query, argument }| (query, Some(argument)));
            let script = format!("{begin}; {lock}; {query}");
            let (rows, lease) = self.writer.begin_by(|| sqlx::query(&script).bind(argument)).await?;
            let mut rows = rows.into_iter();
            return Ok((rows.next().ok_or_else(no_state)?, rows.collect(), lease));
        }
        let mut lease = self.writer.begin(begin).await?;
        // The lock; it is a statement of its own inside the transaction, so that waiting for it in vain ends this transaction and nothing else.
        let row = sqlx::query(&lock).fetch_one(lease.db()).await?;
        let found = match query {
            Some(FirstQuery { query, argument }) => sqlx::query(query).bind(argument).fetch_all(lease.db()).await?,
            None => Vec::new(),
        };
        Ok((row, found, lease))
    }

    /// Begins a read whose queries all see the same moment.
    pub(super) async fn moment(&self, connections: &Connections) -> Result<Moment, StoreError> {
        Ok(Moment(connections.begin(self.database.begin_read()).await?))
    }
}

impl Change {
    pub fn db(&mut self) -> &mut AnyConnection {
        self.lease.db()
    }

    pub fn database(&self) -> Database {
        self.store.database
    }

    /// Whether the database is PostgreSQL, for statements that have two forms.
    pub fn is_shared(&self) -> bool {
        self.store.database.is_shared()
    }

    /// A query for the texts of the JSON array that is bound as `$1`.
    pub fn texts(&self) -> &'static str {
        self.store.database.texts()
    }

    /// Appends an event that tells of this change.
    pub fn tell(&mut self, audience: &Audience, event: &Event) -> Result<EventId, StoreError> {
        Ok(self.append(audience, event.kind(), serde_json::to_string(event)?, None))
    }

    /// Appends an event of any type. `data` is one line of JSON; a key must not be kept already.
    pub fn append(&mut self, audience: &Audience, kind: &str, data: String, key: Option<&IdempotencyKey>) -> EventId {
        self.log.head += 1;
        self.events.push(NewEvent::new(self.log.head, audience, kind, data, key));
        self.id(self.log.head)
    }

    /// A position in the log, as it is written.
    pub fn id(&self, sequence: i64) -> EventId {
        EventId { epoch: self.log.epoch.clone(), sequence }
    }

    /// Ends the change: commits what went well, and rolls back what was refused.
    pub async fn finish<T>(mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match &outcome {
            Ok(_) => self.commit().await?,
            Err(error) if error.is_failure() => {}
            // What cannot be rolled back goes with its connection.
            Err(_) => {
                if self.lease.db().execute("ROLLBACK").await.is_ok() {
                    self.lease.give_back();
                }
            }
        }
        outcome
    }

    async fn commit(mut self) -> Result<(), StoreError> {
        self.orders.write(self.lease.db(), self.store.database).await?;
        let count = self.events.len();
        if count > 0 {
            self.write_events_and_commit().await?;
        } else {
            self.lease.db().execute(COMMIT).await?;
        }
        let Self { lease, store, log, rewrites_log, events, nonce, .. } = self;
        if count > 0 {
            metrics::counter!("orderwire_events_appended_total").increment(count as u64);
            store.continuity.file(&Mark { epoch: log.epoch.clone(), sequence: log.head, nonce });
            if !rewrites_log && !store.database.is_shared() {
                let bounds = Bounds { epoch: log.epoch, head: log.head, floor: log.floor };
                let page = Page { bounds, events: events.into_iter().map(NewEvent::into_log_event).collect(), through: log.head };
                let read = Read { page, nonce_at_cursor: log.nonce, last_nonce: Some(nonce) };
                store.recent_commits.keep(Commit { cursor: log.head - count as i64, read }, Instant::now());
            }
        }
        if rewrites_log {
            store.recent_commits.forget();
        }
        // The next change begins now: what was done before is done in commit order.
        lease.give_back();
        if count > 0 {
            store.notifier.notify();
        }
        Ok(())
    }

    /// A handful of statements, however many events there are: an update of the log's row for each would be a version of it for
    /// each, and slow down whoever comes later for as long as any reader may still want to see them.
    async fn write_events_and_commit(&mut self) -> Result<(), StoreError> {
        if self.store.database.takes_scripts() {
            self.write_point().await?;
            return insert_and_commit(&self.events, &self.log, self.nonce, self.lease.db()).await;
        }
        self.write_log().await?;
        insert_as_json(&self.events, self.log.clock, self.nonce, self.lease.db()).await?;
        self.lease.db().execute(COMMIT).await?;
        Ok(())
    }

    /// Writes the log's one row of state.
    pub async fn write_log(&mut self) -> Result<(), StoreError> {
        self.log.bind(sqlx::query(UPDATE_LOG)).execute(self.lease.db()).await?;
        self.write_point().await
    }

    /// Keeps the head that the log had when this point of the console's charts began, if it is the first to write in it.
    async fn write_point(&mut self) -> Result<(), StoreError> {
        let point = |time: i64| time / (POINT * 1_000);
        let current = point(self.log.clock_read_at);
        if current != point(self.log.written_at) {
            self.write_head_of(current, self.log.head - self.events.len() as i64).await?;
        }
        Ok(())
    }

    /// Keeps the head that the log had when that point began.
    pub(super) async fn write_head_of(&mut self, point: i64, head: i64) -> Result<(), StoreError> {
        let insert = "INSERT INTO event_points (point, head) VALUES ($1, $2) ON CONFLICT (point) DO UPDATE SET head = excluded.head";
        sqlx::query(insert).bind(point).bind(head).execute(self.lease.db()).await?;
        Ok(())
    }

    /// Deletes the points that no chart shows any more.
    pub async fn trim_points(&mut self) -> Result<(), StoreError> {
        let oldest = self.log.clock_read_at / (POINT * 1_000) - 2 * POINTS as i64;
        sqlx::query("DELETE FROM event_points WHERE point < $1").bind(oldest).execute(self.db()).await?;
        Ok(())
    }
}

/// A transaction that only reads, and sees one moment of the database.
pub(super) struct Moment(Lease);

impl Moment {
    pub fn db(&mut self) -> &mut AnyConnection {
        self.0.db()
    }

    pub async fn end(mut self) -> Result<(), StoreError> {
        self.0.db().execute("COMMIT").await?;
        self.0.give_back();
        Ok(())
    }
}
