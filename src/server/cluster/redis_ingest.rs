//! `push.events`: a stream in Redis into which other programs put what is to be told, with the fields `userId`, `event`, `data` (JSON)
//! and, where they like, `key`. The instances read it as one consumer group.
//!
//! Promises: each entry is written to the log once, whoever reads it, and then taken out of the stream; one that a dead instance had
//! read is read by another; one that cannot be told goes to `push.events.rejected` with the reason.
//! Not promised: that entries which several instances read at once are written in their order.

use crate::{
    model::error::{Error, Kind},
    server::store::{Push, Store},
};
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisError, Value, aio::MultiplexedConnection};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const STREAM: &str = "push.events";
const REJECTED: &str = "push.events.rejected";
const GROUP: &str = "orderwire";

/// Entries that one commit takes.
const BATCH: usize = 256;

/// How long a read waits for entries.
const WAIT: Duration = Duration::from_secs(1);

/// What an instance has not acknowledged for so long is another's to write. Where that one lives after all, the key makes it once.
const ABANDONED: Duration = Duration::from_secs(10);

/// How often is looked for what was abandoned.
const LOOK: Duration = Duration::from_secs(2);

/// Rejected entries that are kept, about; the oldest go first.
const KEPT: usize = 10_000;

/// The pause before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Longer than a read waits, or the wait would be taken for silence.
const SILENCE: Duration = Duration::from_secs(5);

/// An entry, as Redis gives it: its fields are whatever bytes somebody wrote.
#[derive(Debug)]
struct Entry {
    id: String,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Writes what comes into the log, for as long as the task runs, as `consumer` of the group: by the instance's name, so that one which is
/// started again leaves no consumer behind. Should two have the same, nothing is lost or told twice.
pub async fn take(store: Store, redis: Client, consumer: String) {
    let taker = Taker { store, consumer };
    let mut away = false;
    loop {
        let Err(error) = taker.connect(&redis, &mut away).await;
        if !std::mem::replace(&mut away, true) {
            tracing::warn!("{STREAM} cannot be read ({error}); entries wait there");
        }
        sleep(PAUSE).await;
    }
}

struct Taker {
    store: Store,
    consumer: String,
}

impl Taker {
    async fn connect(&self, redis: &Client, away: &mut bool) -> Result<std::convert::Infallible, RedisError> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(SILENCE)).set_response_timeout(Some(SILENCE));
        let mut connection = redis.get_multiplexed_async_connection_with_config(&config).await?;
        let mut create = redis::cmd("XGROUP");
        // From the beginning: what was put there before the group was made is to be told too.
        create.arg("CREATE").arg(STREAM).arg(GROUP).arg(0).arg("MKSTREAM");
        match create.query_async::<()>(&mut connection).await {
            Err(error) if error.code() != Some("BUSYGROUP") => return Err(error),
            _ => {}
        }
        if std::mem::take(away) {
            tracing::info!("{STREAM} can be read again");
        }
        let mut looked: Option<Instant> = None;
        loop {
            if looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
                self.claim(&mut connection).await?;
                looked = Some(Instant::now());
            }
            let mut read = redis::cmd("XREADGROUP");
            read.arg("GROUP").arg(GROUP).arg(&self.consumer).arg("COUNT").arg(BATCH).arg("BLOCK").arg(millis(WAIT));
            let answer: Value = read.arg("STREAMS").arg(STREAM).arg(">").query_async(&mut connection).await?;
            // [[stream, entries]], or nothing.
            self.write(&mut connection, entries(second(first(answer)))).await?;
        }
    }

    /// Takes over what others have read and not acknowledged.
    async fn claim(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        loop {
            let mut claim = redis::cmd("XAUTOCLAIM");
            claim.arg(STREAM).arg(GROUP).arg(&self.consumer).arg(millis(ABANDONED)).arg("0-0").arg("COUNT").arg(BATCH);
            // [where to go on, entries, …]
            let claimed = entries(second(claim.query_async(connection).await?));
            if claimed.is_empty() {
                return Ok(());
            }
            tracing::info!(entries = claimed.len(), "{STREAM}: took over what another instance had left");
            self.write(connection, claimed).await?;
        }
    }

    /// Writes the entries to the log, and acknowledges them when they are there. Goes on trying while the database is away: what has been
    /// read is this instance's to write, until another takes it over.
    async fn write(&self, connection: &mut MultiplexedConnection, entries: Vec<Entry>) -> Result<(), RedisError> {
        let mut done = redis::pipe();
        done.atomic();
        let (mut good, mut pushes) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry.push() {
                Ok(push) => {
                    pushes.push(push);
                    good.push(entry);
                }
                Err(error) => reject(&mut done, &entry, &error),
            }
        }
        for (outcome, entry) in self.push(&pushes).await.into_iter().zip(&good) {
            match outcome {
                Ok(()) => acknowledge(&mut done, entry),
                Err(error) => reject(&mut done, entry, &error),
            }
        }
        if done.is_empty() { Ok(()) } else { done.query_async(connection).await }
    }

    async fn push(&self, pushes: &[Push]) -> Vec<Result<(), Error>> {
        if pushes.is_empty() {
            return Vec::new();
        }
        loop {
            match self.store.push(pushes).await {
                Ok(outcomes) => return outcomes.into_iter().map(|outcome| outcome.map(drop)).collect(),
                Err(error) if error.kind == Kind::Unavailable => sleep(PAUSE).await,
                // The database refuses one of them; alone, it keeps none of the others back.
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

impl Entry {
    fn push(&self) -> Result<Push, Error> {
        let (mut user, mut event, mut data, mut key) = (None, None, None, None);
        for (name, value) in &self.fields {
            let field = match name.as_slice() {
                b"userId" => &mut user,
                b"event" => &mut event,
                b"data" => &mut data,
                b"key" => &mut key,
                name => return Err(Error::invalid(format!("there is no field {:?}", String::from_utf8_lossy(name)))),
            };
            let value = str::from_utf8(value);
            *field = Some(value.map_err(|_| Error::invalid(format!("{} is no UTF-8", String::from_utf8_lossy(name))))?);
        }
        let missing = |name: &str| Error::invalid(format!("{name} is missing"));
        let (user, event) = (user.ok_or_else(|| missing("userId"))?, event.ok_or_else(|| missing("event"))?);
        // Without a key of the pusher's, the entry's own id makes it one event, however many write it.
        let key = key.map_or_else(|| format!("{STREAM} {}", self.id), str::to_owned);
        Push::new(user, event, data.ok_or_else(|| missing("data"))?, Some(key))
    }
}

/// In the log: nobody needs it here any more.
fn acknowledge(done: &mut Pipeline, entry: &Entry) {
    metrics::counter!("orderwire_queue_entries_total", "outcome" => "written").increment(1);
    take_out(done, entry);
}

fn reject(done: &mut Pipeline, entry: &Entry, error: &Error) {
    tracing::warn!(entry = entry.id, "{STREAM}: rejected: {error}");
    metrics::counter!("orderwire_queue_entries_total", "outcome" => "rejected").increment(1);
    let add = done.cmd("XADD").arg(REJECTED).arg("MAXLEN").arg("~").arg(KEPT).arg("*");
    add.arg("reason").arg(&error.error).arg("entry").arg(&entry.id);
    for (name, value) in &entry.fields {
        add.arg(name.as_slice()).arg(value.as_slice());
    }
    add.ignore();
    take_out(done, entry);
}

fn take_out(done: &mut Pipeline, entry: &Entry) {
    done.cmd("XACK").arg(STREAM).arg(GROUP).arg(&entry.id).ignore();
    done.cmd("XDEL").arg(STREAM).arg(&entry.id).ignore();
}

/// Reads `[[id, [name, value, …]], …]`; what was trimmed meanwhile has no fields, or is no entry at all.
fn entries(value: Value) -> Vec<Entry> {
    let entry = |value| {
        let mut parts = items(value).into_iter();
        let id = String::from_utf8(bytes(parts.next()?)?).ok()?;
        let mut fields = items(parts.next()?).into_iter();
        let pairs = std::iter::from_fn(|| Some((bytes(fields.next()?)?, bytes(fields.next()?)?)));
        Some(Entry { id, fields: pairs.collect() })
    };
    items(value).into_iter().filter_map(entry).collect()
}

fn items(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value { items } else { Vec::new() }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    if let Value::BulkString(bytes) = value { Some(bytes) } else { None }
}

fn first(value: Value) -> Value {
    items(value).into_iter().next().unwrap_or(Value::Nil)
}

fn second(value: Value) -> Value {
    items(value).into_iter().nth(1).unwrap_or(Value::Nil)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fields: &[(&str, &str)]) -> Entry {
        Entry { id: "7-0".into(), fields: fields.iter().map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into())).collect() }
    }

    #[test]
    fn an_entry_that_cannot_be_told_says_why() {
        let good = [("userId", "ada"), ("event", "weather"), ("data", r#"{"sun":true}"#)];
        assert!(entry(&good).push().is_ok());
        let refused = |fields: &[(&str, &str)]| entry(fields).push().unwrap_err().error;
        assert!(refused(&good[1..]).contains("userId is missing"));
        assert!(refused(&good[..2]).contains("data is missing"));
        assert!(refused(&[good[0], good[1], ("data", "{")]).contains("no JSON"));
        assert!(refused(&[good[0], ("event", "resync"), good[2]]).contains("nobody can push it"));
        assert!(refused(&[good[0], good[1], good[2], ("kye", "1")]).contains("kye"));
        let bytes = Entry { id: "7-0".into(), fields: vec![(b"userId".into(), vec![0xff])] };
        assert!(bytes.push().unwrap_err().error.contains("no UTF-8"));
    }

    #[test]
    fn what_redis_answers_is_read_whatever_bytes_are_in_it() {
        let text = |text: &[u8]| Value::BulkString(text.into());
        let entry = |id: &str, fields: Value| Value::Array(vec![text(id.as_bytes()), fields]);
        let good = entry("1-0", Value::Array(vec![text(b"\xff"), text(b"v")]));
        let answer = Value::Array(vec![good, entry("2-0", Value::Nil), Value::Nil]);
        let read: Vec<_> = entries(answer).into_iter().map(|entry| (entry.id, entry.fields)).collect();
        assert_eq!(read, [("1-0".into(), vec![(b"\xff".to_vec(), b"v".to_vec())]), ("2-0".into(), vec![])]);
        assert!(entries(Value::Nil).is_empty());
    }
}
