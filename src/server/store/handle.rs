//! The store's handle: the connections and what else its operations share.

use super::{
    connections::{Connections, Usage},
    continuity::Continuity,
    database::{Database, Location, OpenError},
    error::StoreError,
    health::{Health, Part},
    lookup::Lookups,
    recent_commits::RecentCommits,
    schema::Opened,
    serving::lock,
};
use crate::server::{
    single_flight::{SingleFlight, SingleFlights},
    sse::{Bounds, CommitNotifier, Page, Subscriber},
};
use std::{fs::File, ops::Deref, sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long the connections of one purpose may take to be closed.
const CLOSING: Duration = Duration::from_millis(500);

/// The database, opened and migrated. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

/// What clones of a store share.
pub struct Shared {
    pub(super) database: Database,
    pub(super) writer: Connections,
    /// For pages, and for streams that catch up.
    pub(super) pages: Connections,
    /// For sign-in and sessions.
    pub(super) accounts: Connections,
    pub(super) tail: Connections,
    pub(super) readiness: Connections,
    pub(super) presence: Connections,
    pub(super) lookups: Lookups,
    pub(super) bounds: SingleFlight<Result<Bounds, StoreError>>,
    /// By cursor and subscriber.
    pub(super) after: SingleFlights<(i64, Subscriber), Result<Page, StoreError>>,
    pub(super) health: Health,
    pub(super) continuity: Continuity,
    pub(super) recent_commits: RecentCommits,
    pub(super) notifier: CommitNotifier,
    /// Held for as long as a SQLite file is served.
    _lock: Option<File>,
}

impl Deref for Store {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Store {
    /// Opens the database at `url`, makes or migrates it, and names its log if it is new: for a command, or a test. `notifier` is told after
    /// every commit that appended to the log.
    pub async fn open(url: &str, notifier: CommitNotifier) -> Result<Self, OpenError> {
        let location = Location::parse(url)?;
        Self::connect(&location, None, notifier).await
    }

    /// Likewise, where it is there already: a command that changes or shows what is there makes no SQLite file.
    pub async fn open_existing(url: &str, notifier: CommitNotifier) -> Result<Self, OpenError> {
        Location::must_exist(url)?;
        Self::open(url, notifier).await
    }

    /// Likewise, to serve it: refused where another process serves the same SQLite file. Notices when the file was restored from a backup
    /// since it was served last.
    pub async fn open_to_serve(url: &str, notifier: CommitNotifier) -> Result<Self, OpenError> {
        let location = Location::parse(url)?;
        let lock = lock(&location)?;
        let store = Self::connect(&location, lock, notifier).await?;
        if location.database == Database::Sqlite {
            let unusable = |error: StoreError| OpenError::Unusable(location.name(), error.in_full());
            store.hold_against_file(&location.beside("epoch")).await.map_err(unusable)?;
        }
        Ok(store)
    }

    async fn connect(location: &Location, lock: Option<File>, notifier: CommitNotifier) -> Result<Self, OpenError> {
        let Opened { writer, pages, accounts, tail, readiness, presence } = location.open().await?;
        Ok(Self(Arc::new(Shared {
            database: location.database,
            lookups: Lookups::start(location.database, &accounts),
            bounds: SingleFlight::default(),
            after: SingleFlights::default(),
            writer,
            pages,
            accounts,
            tail,
            readiness,
            presence,
            health: Health::default(),
            continuity: Continuity::default(),
            recent_commits: RecentCommits::default(),
            notifier,
            _lock: lock,
        })))
    }

    /// How the connections for each purpose are used.
    pub fn connections(&self) -> [(&'static str, Usage); 6] {
        [
            ("writer", self.writer.usage()),
            ("pages", self.pages.usage()),
            ("accounts", self.accounts.usage()),
            ("tail", self.tail.usage()),
            ("readiness", self.readiness.usage()),
            ("presence", self.presence.usage()),
        ]
    }

    /// Whether each part works, as far as is known.
    pub fn parts(&self) -> [(&'static str, bool); 5] {
        let failing = *self.health.failing();
        let works = |part: Part| failing[part as usize].is_none();
        [
            ("writer", works(Part::Writer)),
            ("tail", works(Part::Tail)),
            ("pages", works(Part::Pages)),
            ("accounts", works(Part::Accounts)),
            ("presence", works(Part::Presence)),
        ]
    }

    /// Closes all connections; what was committed is then in the file of SQLite alone, without the write-ahead log beside it. Takes no
    /// longer than some [`CLOSING`], whatever hangs.
    pub async fn close(&self) {
        let others = [&self.pages, &self.accounts, &self.tail, &self.readiness, &self.presence];
        let _ = timeout(CLOSING, futures_util::future::join_all(others.map(|connections| connections.close(None)))).await;
        let last = (self.database == Database::Sqlite).then_some("PRAGMA wal_checkpoint(TRUNCATE)");
        if timeout(CLOSING, self.writer.close(last)).await.is_err() {
            tracing::warn!("the database did not let its connections be closed in time");
        }
    }
}
