//! Trying again what has failed, and asking whether all works.

use super::{connections::in_time, error::StoreError, handle::Store, health::Part};
use sqlx::Executor;
use std::{future::Future, time::Duration};
use tokio::time::{interval, timeout};

/// How often what has failed is tried again.
const PROBE: Duration = Duration::from_secs(1);

/// How long such a try may take.
const PROBING: Duration = Duration::from_secs(2);

/// How long the database may take to say that it is there, when somebody asks whether the store is ready.
const READY: Duration = Duration::from_secs(1);

/// Bytes that a probe writes: a disk that has room for no more than a row is full.
const FILLER: usize = 64 * 1024;

impl Store {
    /// Does something of that part within the time an operation may take, and notes how it went.
    pub(super) async fn watched<T>(&self, part: Part, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let outcome = in_time(work).await;
        self.health.note(part, outcome.as_ref().err());
        outcome
    }

    /// Whether everything works; else what does not, in a line. Answers within a second or so.
    pub async fn ready(&self) -> Result<(), String> {
        if let Some(line) = self.health.not_ready() {
            return Err(line);
        }
        match timeout(READY, self.readiness.rows(|| sqlx::query("SELECT 1"))).await {
            Ok(Ok(_)) => self.health.not_ready().map_or(Ok(()), Err),
            Ok(Err(StoreError::Unavailable { what, .. })) => Err(what.into()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the database does not answer".into()),
        }
    }

    /// Tries again, once a second, what has failed; for as long as the task runs.
    pub async fn probe(self) {
        let mut tick = interval(PROBE);
        loop {
            tick.tick().await;
            let failing = *self.health.failing();
            tokio::join!(
                async {
                    if failing[Part::Writer as usize].is_some() && matches!(timeout(PROBING, self.probe_writer()).await, Ok(Ok(()))) {
                        self.health.is_well(Part::Writer);
                    }
                },
                async {
                    if failing[Part::Tail as usize].is_some() && matches!(timeout(PROBING, self.probe_tail()).await, Ok(Ok(()))) {
                        self.health.is_well(Part::Tail);
                    }
                }
            );
        }
    }

    /// A change like any other: it takes its turn, the lock, and room on the disk.
    async fn probe_writer(&self) -> Result<(), StoreError> {
        let mut change = self.change().await?;
        // Not compressible: PostgreSQL would.
        let filler: String = std::iter::repeat_with(fastrand::alphanumeric).take(FILLER).collect();
        let written = sqlx::query("UPDATE probe SET filler = $1").bind(filler).execute(change.db()).await;
        change.finish(written.map_err(StoreError::from)).await?;
        Ok(())
    }

    async fn probe_tail(&self) -> Result<(), StoreError> {
        let mut lease = self.tail.begin(self.database.begin_read()).await?;
        sqlx::query("SELECT head FROM log").fetch_one(lease.db()).await?;
        lease.db().execute("COMMIT").await?;
        lease.give_back();
        Ok(())
    }
}
