//! Connections to the database: a fixed number for each purpose, so that one purpose cannot use up another's.
//!
//! Promises: a connection is kept for the next user only where its last one said that all went well ([`Lease::give_back`]). Whatever else
//! became of it (an error, a deadline, a caller that went away in the middle of a statement), it is closed, and the database rolls
//! back what was under way. One that died while it lay idle costs its next user nothing: what was asked first is asked again on a new one.
//!
//! Not sqlx's pools: those ping and send ROLLBACK on a connection's way home, which never ends on a peer that is silent and fails
//! where SQLite has rolled back by itself; and they keep the place of the connection occupied for as long. `Any` serves, because all that
//! needs a database's own driver (deadlines, discarding, what is said at the beginning) is done here, and one text of SQL runs on both.

use super::error::StoreError;
use sqlx::{
    Any, AnyConnection, ConnectOptions, Connection, Executor, Row,
    any::{AnyArguments, AnyConnectOptions, AnyRow},
    query::Query,
};
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_stream::StreamExt;

/// How long a connection that lay idle may take over what it is asked first: after that it is taken for dead.
const STALE: Duration = Duration::from_secs(2);

/// How long making a connection may take. Who makes one while the database is silent keeps the place for as long after it is back.
const CONNECTING: Duration = Duration::from_secs(2);

/// The connections for one purpose. Clones share them.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    options: AnyConnectOptions,
    /// What a connection is told when it is made.
    greeting: &'static str,
    /// Whether a connection may be silent for ever: one over a network may.
    may_be_silent: bool,
    size: u32,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<AnyConnection>>,
}

/// How the connections for one purpose are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub size: u32,
    pub in_use: u32,
}

/// A connection in use. Dropped, it is closed.
pub(super) struct Lease {
    connection: AnyConnection,
    home: Connections,
    _place: OwnedSemaphorePermit,
}

/// What is asked of a connection first.
enum First<'q> {
    Begin(&'static str),
    Rows(AnyQuery<'q>),
    /// Rows until there are so many bytes of text in that column.
    Page(AnyQuery<'q>, usize, usize),
    Execute(AnyQuery<'q>),
}

#[derive(Default)]
struct Answer {
    rows: Vec<AnyRow>,
    changed: u64,
    /// Rows were left out.
    is_cut: bool,
}

/// The first rows of a query.
pub(super) struct PageRows {
    pub rows: Vec<AnyRow>,
    /// Whether they are all.
    pub is_whole: bool,
}

pub(super) type AnyQuery<'q> = Query<'q, Any, AnyArguments<'q>>;

impl First<'_> {
    async fn ask(self, connection: &mut AnyConnection) -> sqlx::Result<Answer> {
        match self {
            First::Begin(statement) => connection.execute(statement).await.map(|_| Answer::default()),
            First::Rows(query) => query.fetch_all(connection).await.map(|rows| Answer { rows, ..Answer::default() }),
            First::Page(query, column, bytes_max) => page(query, column, bytes_max, connection).await,
            First::Execute(query) => {
                query.execute(connection).await.map(|done| Answer { changed: done.rows_affected(), ..Answer::default() })
            }
        }
    }
}

async fn page(query: AnyQuery<'_>, column: usize, bytes_max: usize, connection: &mut AnyConnection) -> sqlx::Result<Answer> {
    let mut answer = Answer::default();
    let mut bytes = 0;
    let mut rows = query.fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        bytes += row.try_get::<&str, _>(column)?.len();
        answer.rows.push(row);
        if bytes >= bytes_max {
            answer.is_cut = true;
            break;
        }
    }
    drop(rows);
    if answer.is_cut {
        // What PostgreSQL still sends is thrown away now: as long as nobody takes it, it keeps the moment that the statement sees.
        connection.ping().await?;
    }
    Ok(answer)
}

impl Connections {
    /// Room for `size` connections; none is made yet.
    pub fn new(options: AnyConnectOptions, greeting: &'static str, may_be_silent: bool, size: u32) -> Self {
        let places = Arc::new(Semaphore::new(size as usize));
        Self(Arc::new(Shared { options, greeting, may_be_silent, size, places, idle: Mutex::default() }))
    }

    /// Begins a transaction with that statement.
    pub async fn begin(&self, statement: &'static str) -> Result<Lease, StoreError> {
        let (_, lease) = self.first(|| First::Begin(statement)).await?;
        Ok(lease)
    }

    /// Begins a transaction with a script that starts with `BEGIN`, and returns the script's rows. It may be asked twice, as [`Connections::rows`].
    pub async fn begin_by<'q>(&self, query: impl Fn() -> AnyQuery<'q>) -> Result<(Vec<AnyRow>, Lease), StoreError> {
        let (answer, lease) = self.first(|| First::Rows(query())).await?;
        Ok((answer.rows, lease))
    }

    /// The rows of one statement outside of a transaction. It may be asked twice, where the first connection turns out to be dead.
    pub async fn rows<'q>(&self, query: impl Fn() -> AnyQuery<'q>) -> Result<Vec<AnyRow>, StoreError> {
        let (answer, lease) = self.first(|| First::Rows(query())).await?;
        lease.give_back();
        Ok(answer.rows)
    }

    /// Likewise, of its rows no more than it takes to have `bytes_max` bytes of text in that column.
    pub async fn page<'q>(&self, query: impl Fn() -> AnyQuery<'q>, column: usize, bytes_max: usize) -> Result<PageRows, StoreError> {
        let (answer, lease) = self.first(|| First::Page(query(), column, bytes_max)).await?;
        lease.give_back();
        Ok(PageRows { rows: answer.rows, is_whole: !answer.is_cut })
    }

    /// Likewise, of a statement that changes rows; returns how many. It must do no harm where it is done twice.
    pub async fn execute<'q>(&self, query: impl Fn() -> AnyQuery<'q>) -> Result<u64, StoreError> {
        let (answer, lease) = self.first(|| First::Execute(query())).await?;
        lease.give_back();
        Ok(answer.changed)
    }

    /// Asks a connection for the first thing that is wanted of it.
    async fn first<'q>(&self, first: impl Fn() -> First<'q>) -> Result<(Answer, Lease), StoreError> {
        let place = self.0.places.clone().acquire_owned().await.map_err(|_| stopping())?;
        let idle = self.idle().pop();
        if let Some(mut connection) = idle {
            let asked = first().ask(&mut connection);
            let answer = if self.0.may_be_silent { timeout(STALE, asked).await } else { Ok(asked.await) };
            match answer {
                Ok(Ok(answer)) => return Ok((answer, Lease { connection, home: self.clone(), _place: place })),
                Ok(Err(error)) if !is_broken(&error) => return Err(error.into()),
                // Those beside it have most likely died with it.
                _ => self.idle().clear(),
            }
        }
        let mut connection = self.connect().await?;
        let answer = first().ask(&mut connection).await?;
        Ok((answer, Lease { connection, home: self.clone(), _place: place }))
    }

    async fn connect(&self) -> Result<AnyConnection, StoreError> {
        let connect = async {
            let mut connection = self.0.options.connect().await?;
            connection.execute(self.0.greeting).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        Ok(timeout(CONNECTING, connect).await.map_err(|_| StoreError::too_slow("connecting takes too long"))??)
    }

    /// Lets nobody begin anything any more, waits for those who are at work, does a last thing, and closes all connections in good order.
    pub async fn close(&self, last: Option<&'static str>) {
        // Those who wait are refused; those who have a place are waited for.
        let all = self.0.places.clone().acquire_many_owned(self.0.size).await;
        self.0.places.close();
        let mut connections = std::mem::take(&mut *self.idle());
        if let Some(last) = last {
            if connections.is_empty() {
                connections.extend(self.connect().await.ok());
            }
            if let Some(connection) = connections.first_mut()
                && let Err(error) = connection.execute(last).await
            {
                tracing::warn!(%error, "{last}");
            }
        }
        for connection in connections {
            // It is going either way.
            let _ = connection.close().await;
        }
        drop(all);
    }

    /// How many may be open, and how many are in use.
    pub fn usage(&self) -> Usage {
        let free = u32::try_from(self.0.places.available_permits()).unwrap_or(self.0.size);
        Usage { size: self.0.size, in_use: self.0.size.saturating_sub(free) }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<AnyConnection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    pub fn db(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// Says that the connection is as it was: nothing is under way on it, and no statement has failed.
    pub fn give_back(self) {
        let Self { connection, home, _place: place } = self;
        if !home.0.places.is_closed() {
            home.idle().push(connection);
        }
        drop(place);
    }
}

/// Whether the connection is of no more use, whatever it was asked.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // PostgreSQL's last words before it hangs up.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08")),
        _ => false,
    }
}

pub(super) fn stopping() -> StoreError {
    StoreError::Unavailable { what: "the server is stopping", detail: "the store is closed".into() }
}

/// How long one operation of the store may take, with all its waiting, before its caller is refused. A request needs two of them at most
/// one after the other; and who is stuck on a connection that is dead when the database is back keeps others waiting for no longer.
pub(super) const DEADLINE: Duration = Duration::from_millis(4_500);

/// Gives an operation up when its time is over; what it had begun is rolled back with its connection.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = || StoreError::too_slow(format!("no answer within {} ms", DEADLINE.as_millis()));
    timeout(DEADLINE, work).await.unwrap_or_else(|_| Err(late()))
}
