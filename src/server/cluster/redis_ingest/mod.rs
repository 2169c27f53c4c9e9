//! Redis ingest: other programs add entries to the Redis stream `push.events`, with the fields `userId`, `event`, `data` (JSON) and,
//! optionally, `key`; the instances read it as one consumer group and append each entry to the log.
//!
//! Promises: each entry is appended once, whichever instance reads it, and then deleted from the stream; one that a dead instance had read
//! is claimed by another; one that cannot be an event goes to `push.events.rejected` with the reason, and one that only failed is tried again.
//! Not promised: that entries which several instances read at once are appended in their order.

mod entry;

use crate::{
    model::error::Error,
    server::{
        clock::millis,
        store::{Push, Store, StoreError},
    },
};
use entry::Entry;
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisError, Value, aio::MultiplexedConnection};
use std::{convert::Infallible, time::Duration};
use tokio::time::{Instant, sleep};

const STREAM: &str = "push.events";
const REJECTED: &str = "push.events.rejected";
const GROUP: &str = "orderwire";

/// Entries in one commit.
const BATCH_MAX: usize = 256;

/// How long a read waits for entries.
const READ_WAIT: Duration = Duration::from_secs(1);

/// An entry that its consumer has not acknowledged for so long is claimed by another. Should the first one live after all, the key still
/// makes it one event.
const CLAIM_AFTER: Duration = Duration::from_secs(10);

/// How often an instance looks for entries to claim.
const CLAIM_INTERVAL: Duration = Duration::from_secs(2);

/// Rejected entries that are kept, approximately; the oldest are dropped first.
const REJECTED_MAX: usize = 10_000;

/// The pause before a retry.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How long Redis may take to answer. Longer than a read waits.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Appends what comes, for as long as the task runs, as `consumer` of the group. The consumer has the instance's name, so that a restart
/// leaves no consumer behind. Should two instances have the same name, nothing is lost or appended twice.
pub async fn ingest(store: Store, redis: Client, consumer: String) {
    let ingest = Ingest { store, consumer };
    let mut disconnected = false;
    loop {
        let Err(error) = ingest.run(&redis, &mut disconnected).await;
        if !std::mem::replace(&mut disconnected, true) {
            tracing::warn!("{STREAM} cannot be read ({error}); entries wait there");
        }
        sleep(RETRY_PAUSE).await;
    }
}

struct Ingest {
    store: Store,
    consumer: String,
}

impl Ingest {
    /// Connects, and appends entries until the connection fails.
    async fn run(&self, redis: &Client, disconnected: &mut bool) -> Result<Infallible, RedisError> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(ANSWER_TIMEOUT)).set_response_timeout(Some(ANSWER_TIMEOUT));
        let mut connection = redis.get_multiplexed_async_connection_with_config(&config).await?;
        let mut create = redis::cmd("XGROUP");
        // From 0: entries that were added before the group was created count too.
        create.arg("CREATE").arg(STREAM).arg(GROUP).arg(0).arg("MKSTREAM");
        match create.query_async::<()>(&mut connection).await {
            Err(error) if error.code() != Some("BUSYGROUP") => return Err(error),
            _ => {}
        }
        if std::mem::take(disconnected) {
            tracing::info!("{STREAM} can be read again");
        }
        let mut claimed_at: Option<Instant> = None;
        loop {
            if claimed_at.is_none_or(|at| at.elapsed() >= CLAIM_INTERVAL) {
                self.claim(&mut connection).await?;
                claimed_at = Some(Instant::now());
            }
            let mut read = redis::cmd("XREADGROUP");
            read.arg("GROUP").arg(GROUP).arg(&self.consumer).arg("COUNT").arg(BATCH_MAX).arg("BLOCK").arg(millis(READ_WAIT));
            let answer: Value = read.arg("STREAMS").arg(STREAM).arg(">").query_async(&mut connection).await?;
            self.append(&mut connection, entry::read(answer)).await?;
        }
    }

    /// Takes over entries that other consumers have read and not acknowledged.
    async fn claim(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        loop {
            let mut claim = redis::cmd("XAUTOCLAIM");
            claim.arg(STREAM).arg(GROUP).arg(&self.consumer).arg(millis(CLAIM_AFTER)).arg("0-0").arg("COUNT").arg(BATCH_MAX);
            let claimed = entry::claimed(claim.query_async(connection).await?);
            if claimed.is_empty() {
                return Ok(());
            }
            tracing::info!(entries = claimed.len(), "{STREAM}: claimed from another instance");
            self.append(connection, claimed).await?;
        }
    }

    /// Appends the entries to the log, then acknowledges and deletes them. While the database is away it keeps trying: what this instance
    /// has read is its own to append, until another claims it.
    async fn append(&self, connection: &mut MultiplexedConnection, entries: Vec<Entry>) -> Result<(), RedisError> {
        let mut answer = redis::pipe();
        answer.atomic();
        let (mut valid, mut pushes) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry.push(STREAM) {
                Ok(push) => {
                    pushes.push(push);
                    valid.push(entry);
                }
                Err(error) => reject(&mut answer, &entry, &error),
            }
        }
        for (outcome, entry) in self.push(&pushes).await.into_iter().zip(&valid) {
            match outcome {
                Ok(()) => acknowledge(&mut answer, entry),
                // Not acknowledged, it stays in the stream, is claimed after a while, and tried again.
                Err(error) if error.is_failure() => tracing::warn!(entry = entry.id, "{STREAM}: not appended yet: {error}"),
                Err(error) => reject(&mut answer, entry, &error),
            }
        }
        if answer.is_empty() { Ok(()) } else { answer.query_async(connection).await }
    }

    async fn push(&self, pushes: &[Push]) -> Vec<Result<(), StoreError>> {
        if pushes.is_empty() {
            return Vec::new();
        }
        loop {
            match self.store.push(pushes).await {
                Ok(outcomes) => return outcomes.into_iter().map(|outcome| outcome.map(drop)).collect(),
                Err(StoreError::Unavailable { .. }) => sleep(RETRY_PAUSE).await,
                // The database refuses one of them. One by one, the others succeed.
                Err(error) if pushes.len() == 1 => return vec![Err(error)],
                Err(_) => {
                    let mut outcomes = Vec::with_capacity(pushes.len());
                    for push in pushes {
                        outcomes.extend(Box::pin(self.push(std::slice::from_ref(push))).await);
                    }
                    return outcomes;
                }
            }
        }
    }
}

fn acknowledge(answer: &mut Pipeline, entry: &Entry) {
    metrics::counter!("orderwire_ingest_entries_total", "outcome" => "appended").increment(1);
    delete(answer, entry);
}

fn reject(answer: &mut Pipeline, entry: &Entry, error: &StoreError) {
    tracing::warn!(entry = entry.id, "{STREAM}: rejected: {error}");
    metrics::counter!("orderwire_ingest_entries_total", "outcome" => "rejected").increment(1);
    let add = answer.cmd("XADD").arg(REJECTED).arg("MAXLEN").arg("~").arg(REJECTED_MAX).arg("*");
    // One line, whatever it quotes.
    add.arg("reason").arg(Error::from(error.clone()).error).arg("entry").arg(&entry.id);
    for (name, value) in &entry.fields {
        add.arg(name.as_slice()).arg(value.as_slice());
    }
    add.ignore();
    delete(answer, entry);
}

fn delete(answer: &mut Pipeline, entry: &Entry) {
    answer.cmd("XACK").arg(STREAM).arg(GROUP).arg(&entry.id).ignore();
    answer.cmd("XDEL").arg(STREAM).arg(&entry.id).ignore();
}
