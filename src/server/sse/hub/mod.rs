//! The hub: who is connected, and the last few frames of each connected user.
//!
//! Promises: a stream whose position lies within its user's recent frames is served from memory; its wake costs one signal a batch;
//! what it has not taken yet is not kept for it (the log has it). Limits are checked where streams are counted, under one lock.

mod replay_buffer;
mod subscription;

pub use subscription::Subscription;

use super::wire::{self, EncodedEvent};
use crate::{
    model::{event::EventId, stats::ConnectionInfo, user::User},
    server::store::{Audience, Logged, now},
};
use bytes::Bytes;
use replay_buffer::ReplayBuffer;
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// Over how long the readers' return is spread when they are all sent away. (Our own page does not hear of it; it spreads by itself.)
const RETURN_SPREAD: Duration = Duration::from_secs(5);

/// Why a stream ends before its reader leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Its session has ended: by signing out, by age, or because the user was removed.
    Session,
    /// The program stops; come back after this long.
    Stopping(Duration),
    /// One of the staff has cut it. Its reader may come back at once.
    Cut,
}

/// What a stream was woken for.
#[derive(Clone, Debug)]
pub enum Wake {
    CloseReason(CloseReason),
    /// There may be events to look for.
    Events,
    /// A wire that passes: it has no place in the log.
    Passing(Bytes),
}

/// Why a stream may not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdmissionError {
    /// This user holds as many as one may.
    User,
    /// There are as many as there may be.
    Full,
    /// The program stops.
    Stopping,
}

/// How many streams may be open.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub per_user: usize,
    pub in_all: usize,
}

/// Everyone who is connected to this instance. Clones share it.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    epoch: Arc<str>,
    limits: Limits,
    /// All events up to here are in the feeds of those they concern. Written by the tail alone, after the feeds.
    head: AtomicI64,
    /// Held for reading while the tail delivers, for writing while a stream comes or goes: a feed is never made half way through a batch.
    registry: RwLock<Registry>,
    /// The staff's latest ephemeral wire. Only the latest counts: who is slow misses those before it.
    ephemeral: watch::Sender<Bytes>,
}

#[derive(Default)]
struct Registry {
    /// By user name.
    feeds: HashMap<String, Arc<ReplayBuffer>>,
    /// Those of them that are staff's.
    staff: HashMap<String, Arc<ReplayBuffer>>,
    streams: HashMap<Uuid, Entry>,
    stopping: bool,
}

/// An open stream, as the registry knows it.
struct Entry {
    username: String,
    session: String,
    browser: String,
    since: String,
    feed: Arc<ReplayBuffer>,
    /// The stream's cursor; it alone writes it.
    cursor: Arc<AtomicI64>,
    end: oneshot::Sender<CloseReason>,
}

impl Hub {
    /// An empty hub for the log `epoch`, which has been read up to `head`.
    pub fn new(epoch: Arc<str>, head: i64, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            epoch,
            limits,
            head: AtomicI64::new(head),
            registry: RwLock::default(),
            ephemeral: watch::Sender::default(),
        }))
    }

    /// The position up to which feeds are complete.
    pub fn head(&self) -> i64 {
        self.0.head.load(Ordering::Acquire)
    }

    /// A position in this log, as it is written.
    pub fn id(&self, sequence: i64) -> EventId {
        EventId { epoch: self.0.epoch.to_string(), sequence }
    }

    /// How many streams are open.
    pub fn streams(&self) -> usize {
        self.read().streams.len()
    }

    /// Takes a subscription for a stream of `user` under the session of that handle, read by `browser`, or says why there is none.
    pub fn open(&self, client: Uuid, user: &User, session: &str, browser: &str) -> Result<Subscription, AdmissionError> {
        let mut registry = self.write();
        if registry.stopping {
            return Err(AdmissionError::Stopping);
        }
        if registry.streams.len() >= self.0.limits.in_all {
            return Err(AdmissionError::Full);
        }
        let feed = match registry.feeds.get(&user.username) {
            Some(feed) if feed.seats.load(Ordering::Relaxed) >= self.0.limits.per_user => return Err(AdmissionError::User),
            Some(feed) => feed.clone(),
            None => {
                let feed = Arc::new(ReplayBuffer::new(self.head()));
                registry.feeds.insert(user.username.clone(), feed.clone());
                if user.is_staff() {
                    registry.staff.insert(user.username.clone(), feed.clone());
                }
                feed
            }
        };
        feed.seats.fetch_add(1, Ordering::Relaxed);
        let (sender, end) = oneshot::channel();
        let cursor = Arc::new(AtomicI64::new(self.head()));
        let entry = Entry {
            username: user.username.clone(),
            session: session.into(),
            browser: browser.into(),
            since: now(),
            feed: feed.clone(),
            cursor: cursor.clone(),
            end: sender,
        };
        registry.streams.insert(client, entry);
        metrics::gauge!("orderwire_streams").set(registry.streams.len() as f64);
        let wake = feed.wake.subscribe();
        let ephemeral = user.is_staff().then(|| {
            let mut ephemeral = self.0.ephemeral.subscribe();
            ephemeral.mark_changed();
            ephemeral
        });
        Ok(Subscription { hub: self.clone(), client, username: user.username.clone(), feed, wake, ephemeral, cursor, end })
    }

    /// The open streams, the newest first; at most `most` of them.
    pub fn present(&self, most: usize) -> Vec<ConnectionInfo> {
        let registry = self.read();
        let mut entries: Vec<_> = registry.streams.iter().collect();
        let newest_first = |(_, one): &(_, &Entry), (_, other): &(_, &Entry)| other.since.cmp(&one.since);
        // There may be ten thousand, and this is asked for every second.
        if entries.len() > most {
            entries.select_nth_unstable_by(most, newest_first);
            entries.truncate(most);
        }
        entries.sort_unstable_by(newest_first);
        let present = |(client, entry): (&Uuid, &Entry)| ConnectionInfo {
            client_id: client.to_string(),
            username: entry.username.clone(),
            since: entry.since.clone(),
            browser: entry.browser.clone(),
            behind: entry.behind(),
            instance: None,
        };
        entries.into_iter().map(present).collect()
    }

    /// How far behind each open stream is, as in [`ConnectionInfo::behind`].
    pub fn behind(&self) -> Vec<(Uuid, Option<usize>)> {
        self.read().streams.iter().map(|(client, entry)| (*client, entry.behind())).collect()
    }

    /// Whether anybody takes ephemeral frames.
    pub fn is_watched(&self) -> bool {
        self.0.ephemeral.receiver_count() > 0
    }

    /// Sends staff a wire that passes, in place of the last one where that has not been taken yet.
    pub fn pass(&self, wire: Bytes) {
        self.0.ephemeral.send_replace(wire);
    }

    /// Ends one stream. Returns whether it was there.
    pub fn cut(&self, client: Uuid) -> bool {
        let entry = self.write().streams.remove(&client);
        entry.is_some_and(|entry| entry.end.send(CloseReason::Cut).is_ok())
    }

    /// Puts the log's next events, in order, into the feeds of those they concern, and wakes each stream concerned once.
    /// `through` is the position up to which the log has then been read. Called by the tail alone.
    pub fn deliver(&self, events: Vec<Logged>, through: i64) {
        let registry = self.read();
        let mut touched = Vec::new();
        let mut ended = Vec::new();
        for event in events {
            let to = |feed: &Arc<ReplayBuffer>, wire: &EncodedEvent, touched: &mut Vec<Arc<ReplayBuffer>>| {
                feed.push(wire.clone());
                if !feed.touched.swap(true, Ordering::Relaxed) {
                    touched.push(feed.clone());
                }
            };
            let wire = wire::event(&self.id(event.sequence), &event.kind, &event.data);
            match event.audience {
                Audience::User(name) => registry.feeds.get(&name).into_iter().for_each(|feed| to(feed, &wire, &mut touched)),
                Audience::UserAndStaff(name) => {
                    // One of the staff who is also the customer gets it once.
                    let others = registry.staff.iter().filter(|(of, _)| **of != name).map(|(_, feed)| feed);
                    others.chain(registry.feeds.get(&name)).for_each(|feed| to(feed, &wire, &mut touched));
                }
                Audience::Everyone => registry.feeds.values().for_each(|feed| to(feed, &wire, &mut touched)),
                gone @ (Audience::Session(_) | Audience::SessionsOf(_) | Audience::Stream(_)) => ended.push(gone),
            }
        }
        self.0.head.store(through, Ordering::Release);
        for feed in touched {
            feed.touched.store(false, Ordering::Relaxed);
            feed.wake.send_replace(());
        }
        drop(registry);
        for gone in ended {
            match gone {
                Audience::Session(handle) => self.end_session(|entry| entry.session == handle),
                Audience::SessionsOf(name) => self.end_session(|entry| entry.username == name),
                Audience::Stream(client) => _ = client.parse().is_ok_and(|client| self.cut(client)),
                _ => {}
            }
        }
    }

    /// The log has a hole past what was read (the history ran out while this instance slept): no feed holds what it should, and sessions
    /// may have ended in it. Every reader has to come anew.
    pub fn skip_to(&self, sequence: i64) {
        let mut registry = self.write();
        for feed in registry.feeds.values() {
            feed.forget(sequence);
        }
        self.0.head.store(sequence, Ordering::Release);
        Self::send_away(&mut registry);
    }

    /// Lets no stream open any more and ends all that are.
    pub fn stop(&self) {
        let mut registry = self.write();
        registry.stopping = true;
        Self::send_away(&mut registry);
    }

    /// Ends all streams, asking each to come back after a time of its own, spread evenly.
    fn send_away(registry: &mut Registry) {
        let entries: Vec<_> = registry.streams.drain().map(|(_, entry)| entry).collect();
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX).max(1);
        for (place, entry) in entries.into_iter().enumerate() {
            let after = Duration::from_secs(1) + RETURN_SPREAD * u32::try_from(place).unwrap_or(0) / count;
            let _ = entry.end.send(CloseReason::Stopping(after));
        }
    }

    fn end_session(&self, which: impl Fn(&Entry) -> bool) {
        let mut registry = self.write();
        for (_, entry) in registry.streams.extract_if(|_, entry| which(entry)) {
            // A stream that has just ended by itself hears nothing, which is as good.
            let _ = entry.end.send(CloseReason::Session);
        }
    }

    // Nothing panics while it holds a lock, and if it did, each change is complete in one step.
    fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.0.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.0.registry.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn behind(&self) -> Option<usize> {
        self.feed.past(self.cursor.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests;
