//! The log: every event, in commit order, kept for a while. It is the [`EventLog`] that the streaming core reads.
//!
//! Promises: an event has a sequence if and only if its transaction committed; sequences have no gaps; their order is commit order.
//! Not promised: that an old event is still there. Whoever asks for more than is kept finds the cursor below the floor of [`Bounds`].

use super::{
    audience::{STAFF, from_columns},
    connections::PageRows,
    continuity::{Mark, NO_NONCE},
    database::Database,
    error::StoreError,
    handle::Store,
    health::Part,
    log_page::{PAGE, PAGE_BYTES, Read},
    log_state::no_state,
    transaction::Change,
};
use crate::server::sse::{Audience, Bounds, EventLog, LogEvent, Page, Subscriber};
use sqlx::{Row, any::AnyRow};
use std::{sync::LazyLock, time::Instant};
use uuid::Uuid;

static OF_ALL: LazyLock<String> =
    LazyLock::new(|| with_state(&format!("SELECT {COLUMNS} FROM events WHERE sequence > $1 ORDER BY sequence LIMIT {PAGE}")));

/// Events past the cursor, `$1`, for a user, `$2`: of each audience the first, and of these the first. Limits are written, not bound: where
/// PostgreSQL does not know one, it plans for a tenth of the table.
struct Queries {
    of_user: String,
    of_staff: String,
}

static ON_SQLITE: LazyLock<Queries> = LazyLock::new(|| Queries::new(Database::Sqlite));
static ON_POSTGRES: LazyLock<Queries> = LazyLock::new(|| Queries::new(Database::Postgres));

const COLUMNS: &str = "sequence, audience, staff, type, data, nonce";

/// Of [`COLUMNS`].
const DATA: usize = 4;

/// Events of all staff, without those for the reader alone: these are read by their audience.
const STAFFS: &str = "staff = 1 AND sequence * staff > $1 AND audience <> $2 ORDER BY sequence * staff";

impl Queries {
    fn of(database: Database) -> &'static Self {
        match database {
            Database::Sqlite => &ON_SQLITE,
            Database::Postgres => &ON_POSTGRES,
        }
    }

    fn new(database: Database) -> Self {
        let of_audience = |name| {
            let condition = database.of_key(("audience", "sequence"), name, [(">", "$1"), ("<=", "9223372036854775807")]);
            format!("{condition} ORDER BY audience, sequence")
        };
        let (own, everybodys) = (of_audience("$2"), of_audience("'*'"));
        Self { of_user: of_runs(&[&own, &everybodys]), of_staff: of_runs(&[&own, &everybodys, STAFFS]) }
    }
}

fn of_runs(runs: &[&str]) -> String {
    let runs = runs.iter().map(|run| format!("SELECT * FROM (SELECT {COLUMNS} FROM events WHERE {run} LIMIT {PAGE}) AS run"));
    with_state(&format!("{} ORDER BY sequence LIMIT {PAGE}", runs.collect::<Vec<_>>().join(" UNION ALL ")))
}

/// One statement sees one moment, and takes one round trip: before the events comes a row with the log's state, the epoch in the place of the
/// audience, the floor in that of `staff`, and the nonce of the event at the cursor, `$1`.
fn with_state(events: &str) -> String {
    format!(
        "SELECT -1 AS sequence, epoch AS audience, floor AS staff, '' AS type, '' AS data, \
             COALESCE((SELECT nonce FROM events WHERE sequence = $1), {NO_NONCE}) AS nonce, head FROM log \
         UNION ALL SELECT page.*, 0 FROM ({events}) AS page ORDER BY sequence"
    )
}

impl EventLog for Store {
    type Error = StoreError;

    async fn bounds(&self) -> Result<Bounds, StoreError> {
        // When all streams come back at once, each asks.
        let read = async {
            let rows = self.pages.rows(|| sqlx::query("SELECT epoch, head, floor FROM log")).await?;
            bounds(rows.first().ok_or_else(no_state)?)
        };
        self.watched(Part::Pages, self.bounds.get(read)).await
    }

    async fn after(&self, cursor: i64, subscriber: Option<&Subscriber>) -> Result<Page, StoreError> {
        match subscriber {
            // Likewise, and those of one user for the same.
            Some(subscriber) => {
                let read = async { Ok(self.read_after(cursor, Some(subscriber)).await?.page) };
                self.watched(Part::Pages, self.after.get((cursor, subscriber.clone()), read)).await
            }
            None => self.watched(Part::Tail, self.tail_after(cursor)).await,
        }
    }
}

impl Store {
    /// The log tail's read: it notices where the log has gone back, and begins a new epoch.
    async fn tail_after(&self, cursor: i64) -> Result<Page, StoreError> {
        let read = match self.recent_commits.take(cursor, Instant::now()) {
            Some(read) => read,
            None => self.read_after(cursor, None).await?,
        };
        let Read { page, nonce_at_cursor, last_nonce } = read;
        let at_cursor = Mark { epoch: page.bounds.epoch.clone(), sequence: cursor, nonce: nonce_at_cursor };
        if self.continuity.went_back(cursor, &at_cursor, page.bounds.head) {
            self.begin_epoch(Some(&page.bounds.epoch)).await?;
            return Ok(self.read_after(cursor, None).await?.page);
        }
        self.continuity.read_to(match last_nonce {
            Some(nonce) => Mark { sequence: page.through, nonce, ..at_cursor },
            None => at_cursor,
        });
        Ok(page)
    }

    /// Bounds and events of one moment: past the last of them and up to the head, there is nothing for this subscriber.
    async fn read_after(&self, cursor: i64, subscriber: Option<&Subscriber>) -> Result<Read, StoreError> {
        let query = || match subscriber {
            None => sqlx::query(OF_ALL.as_str()).bind(cursor),
            Some(Subscriber { name, groups }) if groups.iter().any(|group| group == STAFF) => {
                sqlx::query(&Queries::of(self.database).of_staff).bind(cursor).bind(name)
            }
            Some(Subscriber { name, .. }) => sqlx::query(&Queries::of(self.database).of_user).bind(cursor).bind(name),
        };
        let connections = if subscriber.is_none() { &self.tail } else { &self.pages };
        let PageRows { rows, is_whole } = connections.page(query, DATA, PAGE_BYTES).await?;
        let (state, rows) = rows.split_first().ok_or_else(no_state)?;
        let bounds = Bounds { epoch: state.try_get(1)?, floor: state.try_get(2)?, head: state.try_get(6)? };
        let nonce_at_cursor = state.try_get(5)?;
        if cursor < bounds.floor {
            let page = Page { through: bounds.head, bounds, events: Vec::new() };
            return Ok(Read { page, nonce_at_cursor, last_nonce: None });
        }
        let last_nonce = rows.last().map(|row| row.try_get(5)).transpose()?;
        let events = rows.iter().map(log_event).collect::<Result<Vec<_>, _>>()?;
        let through = match events.last() {
            Some(last) if !is_whole || events.len() == PAGE => last.sequence,
            _ => bounds.head,
        };
        Ok(Read { page: Page { bounds, events, through }, nonce_at_cursor, last_nonce })
    }

    /// Tells every instance that a session has ended.
    pub async fn session_ended(&self, handle: &str) -> Result<(), StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            change.tell_session_ended(handle);
            change.finish(Ok(())).await
        })
        .await
    }

    /// Asks the instance that holds that stream to cut it.
    pub async fn cut_stream(&self, client: Uuid) -> Result<(), StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            change.append(&Audience::CloseStream(client.to_string()), "stream.cut", "{}".into(), None);
            change.finish(Ok(())).await
        })
        .await
    }
}

impl Change {
    pub(super) fn tell_session_ended(&mut self, handle: &str) {
        self.append(&Audience::SessionEnded(handle.into()), "session.ended", "{}".into(), None);
    }
}

fn bounds(row: &AnyRow) -> Result<Bounds, StoreError> {
    Ok(Bounds { epoch: row.try_get(0)?, head: row.try_get(1)?, floor: row.try_get(2)? })
}

fn log_event(row: &AnyRow) -> Result<LogEvent, sqlx::Error> {
    Ok(LogEvent {
        sequence: row.try_get(0)?,
        audience: from_columns(row.try_get(1)?, row.try_get(2)?),
        kind: row.try_get(3)?,
        data: row.try_get(DATA)?,
    })
}
