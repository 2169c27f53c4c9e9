//! The hub: who is connected, and the last few frames of each connected user.
//!
//! Promises: a stream whose position lies within its user's recent frames is served from memory; its wake costs one signal a batch;
//! what it has not taken yet is not kept for it (the log has it). Limits are checked where streams are counted, under one lock.

use super::frame::{self, Frame};
use crate::{
    desk::Present,
    event::EventId,
    server::store::{Audience, Logged, now},
    user::User,
};
use bytes::Bytes;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// Frames kept in memory for each connected user. Whoever is further behind reads the log.
const RECENT: usize = 64;

/// Bytes of them, at most.
const RECENT_BYTES: usize = 64 * 1024;

/// Over how long the readers' return is spread when they are all sent away. (Our own page does not hear of it; it spreads by itself.)
const RETURN_SPREAD: Duration = Duration::from_secs(5);

/// Why a stream ends before its reader leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
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
    End(End),
    /// There may be events to look for.
    Events,
    /// A frame that passes: it has no place in the log.
    Passing(Bytes),
}

/// Why a stream may not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
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
pub struct Hub(Arc<Inner>);

struct Inner {
    epoch: Arc<str>,
    limits: Limits,
    /// All events up to here are in the feeds of those they concern. Written by the tail alone, after the feeds.
    head: AtomicI64,
    /// Held for reading while the tail delivers, for writing while a stream comes or goes: a feed is never made half way through a batch.
    registry: RwLock<Registry>,
    /// The staff's latest passing frame. Only the latest counts: who is slow misses those before it.
    passing: watch::Sender<Bytes>,
}

#[derive(Default)]
struct Registry {
    /// By user name.
    feeds: HashMap<String, Arc<Feed>>,
    /// Those of them that are staff's.
    staff: HashMap<String, Arc<Feed>>,
    streams: HashMap<Uuid, Entry>,
    stopping: bool,
}

/// An open stream, as the registry knows it.
struct Entry {
    username: String,
    session: String,
    browser: String,
    since: String,
    feed: Arc<Feed>,
    /// The stream's cursor; it alone writes it.
    cursor: Arc<AtomicI64>,
    end: oneshot::Sender<End>,
}

/// What a user's streams share.
struct Feed {
    /// How many seats there are. Changed only under the registry's lock.
    seats: AtomicUsize,
    recent: Mutex<Recent>,
    /// Signals each of the streams once a batch.
    wake: watch::Sender<()>,
    /// Whether the batch under delivery has already put something here. Used by the tail alone.
    touched: AtomicBool,
}

struct Recent {
    /// The frames hold all of this user's events after this position.
    since: i64,
    frames: VecDeque<Frame>,
    bytes: usize,
}

/// A stream's side of its registration. Dropped, the hub forgets the stream.
pub struct Seat {
    hub: Hub,
    client: Uuid,
    username: String,
    feed: Arc<Feed>,
    wake: watch::Receiver<()>,
    /// Staff only.
    passing: Option<watch::Receiver<Bytes>>,
    cursor: Arc<AtomicI64>,
    end: oneshot::Receiver<End>,
}

impl Hub {
    /// An empty hub for the log `epoch`, which has been read up to `head`.
    pub fn new(epoch: Arc<str>, head: i64, limits: Limits) -> Self {
        Self(Arc::new(Inner { epoch, limits, head: AtomicI64::new(head), registry: RwLock::default(), passing: watch::Sender::default() }))
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

    /// Takes a seat for a stream of `user` under the session of that handle, read by `browser`, or says why there is none.
    pub fn open(&self, client: Uuid, user: &User, session: &str, browser: &str) -> Result<Seat, Refused> {
        let mut registry = self.write();
        if registry.stopping {
            return Err(Refused::Stopping);
        }
        if registry.streams.len() >= self.0.limits.in_all {
            return Err(Refused::Full);
        }
        let feed = match registry.feeds.get(&user.username) {
            Some(feed) if feed.seats.load(Ordering::Relaxed) >= self.0.limits.per_user => return Err(Refused::User),
            Some(feed) => feed.clone(),
            None => {
                let feed = Arc::new(Feed::new(self.head()));
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
        let passing = user.is_staff().then(|| {
            let mut passing = self.0.passing.subscribe();
            passing.mark_changed();
            passing
        });
        Ok(Seat { hub: self.clone(), client, username: user.username.clone(), feed, wake, passing, cursor, end })
    }

    /// The open streams, the newest first; at most `most` of them.
    pub fn present(&self, most: usize) -> Vec<Present> {
        let registry = self.read();
        let mut entries: Vec<_> = registry.streams.iter().collect();
        entries.sort_unstable_by(|(_, one), (_, other)| other.since.cmp(&one.since));
        let present = |(client, entry): (&Uuid, &Entry)| Present {
            client_id: client.to_string(),
            username: entry.username.clone(),
            since: entry.since.clone(),
            browser: entry.browser.clone(),
            behind: entry.behind(),
            instance: None,
        };
        entries.into_iter().take(most).map(present).collect()
    }

    /// How far behind each open stream is, as in [`Present::behind`].
    pub fn behind(&self) -> Vec<(Uuid, Option<usize>)> {
        self.read().streams.iter().map(|(client, entry)| (*client, entry.behind())).collect()
    }

    /// Whether anybody takes passing frames.
    pub fn is_watched(&self) -> bool {
        self.0.passing.receiver_count() > 0
    }

    /// Sends staff a frame that passes, in place of the last one where that has not been taken yet.
    pub fn pass(&self, frame: Bytes) {
        self.0.passing.send_replace(frame);
    }

    /// Ends one stream. Returns whether it was there.
    pub fn cut(&self, client: Uuid) -> bool {
        let entry = self.write().streams.remove(&client);
        entry.is_some_and(|entry| entry.end.send(End::Cut).is_ok())
    }

    /// Puts the log's next events, in order, into the feeds of those they concern, and wakes each stream concerned once.
    /// `through` is the position up to which the log has then been read. Called by the tail alone.
    pub fn deliver(&self, events: Vec<Logged>, through: i64) {
        let registry = self.read();
        let mut touched = Vec::new();
        let mut ended = Vec::new();
        for event in events {
            let to = |feed: &Arc<Feed>, frame: &Frame, touched: &mut Vec<Arc<Feed>>| {
                feed.push(frame.clone());
                if !feed.touched.swap(true, Ordering::Relaxed) {
                    touched.push(feed.clone());
                }
            };
            let frame = frame::event(&self.id(event.sequence), &event.kind, &event.data);
            match event.audience {
                Audience::User(name) => registry.feeds.get(&name).into_iter().for_each(|feed| to(feed, &frame, &mut touched)),
                Audience::UserAndStaff(name) => {
                    // One of the staff who is also the customer gets it once.
                    let others = registry.staff.iter().filter(|(of, _)| **of != name).map(|(_, feed)| feed);
                    others.chain(registry.feeds.get(&name)).for_each(|feed| to(feed, &frame, &mut touched));
                }
                Audience::Everyone => registry.feeds.values().for_each(|feed| to(feed, &frame, &mut touched)),
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
            *feed.lock() = Recent { since: sequence, frames: VecDeque::new(), bytes: 0 };
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
            let _ = entry.end.send(End::Stopping(after));
        }
    }

    fn end_session(&self, which: impl Fn(&Entry) -> bool) {
        let mut registry = self.write();
        for (_, entry) in registry.streams.extract_if(|_, entry| which(entry)) {
            // A stream that has just ended by itself hears nothing, which is as good.
            let _ = entry.end.send(End::Session);
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

impl Feed {
    fn new(since: i64) -> Self {
        Self {
            seats: AtomicUsize::new(0),
            recent: Mutex::new(Recent { since, frames: VecDeque::new(), bytes: 0 }),
            wake: watch::Sender::new(()),
            touched: AtomicBool::new(false),
        }
    }

    fn push(&self, frame: Frame) {
        let mut recent = self.lock();
        recent.bytes += frame.bytes.len();
        recent.frames.push_back(frame);
        while (recent.frames.len() > RECENT || recent.bytes > RECENT_BYTES)
            && let Some(oldest) = recent.frames.pop_front()
        {
            recent.bytes -= oldest.bytes.len();
            recent.since = oldest.sequence;
        }
    }

    /// How many frames lie past `cursor`; `None` where they are not all in memory.
    fn past(&self, cursor: i64) -> Option<usize> {
        let recent = self.lock();
        (cursor >= recent.since).then(|| recent.frames.len() - recent.frames.partition_point(|frame| frame.sequence <= cursor))
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The frames past `cursor`, or `None` where they are not in memory any more.
    pub fn after(&self, cursor: i64) -> Option<Vec<Frame>> {
        let recent = self.feed.lock();
        if cursor < recent.since {
            return None;
        }
        let first = recent.frames.partition_point(|frame| frame.sequence <= cursor);
        Some(recent.frames.range(first..).cloned().collect())
    }

    /// Forgets the wakes so far. To be called before looking, so that what comes after the look wakes again.
    pub fn about_to_look(&mut self) {
        self.wake.mark_unchanged();
    }

    /// Says how far the stream has come.
    pub fn is_at(&self, cursor: i64) {
        self.cursor.store(cursor, Ordering::Relaxed);
    }

    /// Returns at the end, when there may be something to look for since [`Seat::about_to_look`], or with what passes.
    pub async fn wait(&mut self) -> Wake {
        let passing = async {
            let Some(passing) = &mut self.passing else { return std::future::pending().await };
            match passing.changed().await {
                Ok(()) => passing.borrow_and_update().clone(),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            // An entry that the registry dropped without a word: the program stops.
            end = &mut self.end => Wake::End(end.unwrap_or(End::Stopping(RETURN_SPREAD))),
            _ = self.wake.changed() => Wake::Events,
            frame = passing => Wake::Passing(frame),
        }
    }

    /// The end, if it has come.
    pub fn ended(&mut self) -> Option<End> {
        self.end.try_recv().ok()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut registry = self.hub.write();
        registry.streams.remove(&self.client);
        if self.feed.seats.fetch_sub(1, Ordering::Relaxed) == 1 {
            registry.feeds.remove(&self.username);
            registry.staff.remove(&self.username);
        }
        metrics::gauge!("orderwire_streams").set(registry.streams.len() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Role;
    use futures::FutureExt;

    fn hub() -> Hub {
        Hub::new("e".into(), 10, Limits { per_user: 2, in_all: 3 })
    }

    fn user(username: &str, role: Role) -> User {
        User { username: username.into(), role }
    }

    fn event(sequence: i64, audience: Audience) -> Logged {
        Logged { sequence, audience, kind: "notification".into(), data: "{}".into() }
    }

    fn sequences(seat: &Seat, cursor: i64) -> Option<Vec<i64>> {
        seat.after(cursor).map(|frames| frames.iter().map(|frame| frame.sequence).collect())
    }

    async fn end(seat: &mut Seat) -> Option<End> {
        match seat.wait().await {
            Wake::End(end) => Some(end),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_passes_reaches_staff_and_only_the_latest() {
        let hub = hub();
        let mut ada = hub.open(Uuid::new_v4(), &user("ada", Role::Customer), "s", "test").unwrap();
        assert!(!hub.is_watched());
        hub.pass("old".into());
        let mut ops = hub.open(Uuid::new_v4(), &user("ops", Role::Staff), "s", "test").unwrap();
        hub.pass("new".into());
        assert!(matches!(ops.wait().await, Wake::Passing(frame) if frame == "new"));
        assert!(ada.wait().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_stream_that_is_cut_ends_alone() {
        let hub = hub();
        let (ada, cut) = (user("ada", Role::Customer), Uuid::new_v4());
        let mut gone = hub.open(cut, &ada, "s", "Firefox").unwrap();
        let mut other = hub.open(Uuid::new_v4(), &ada, "s", "curl").unwrap();
        hub.deliver(vec![event(11, Audience::Everyone)], 11);
        gone.is_at(11);
        let mut present: Vec<_> = hub.present(9).into_iter().map(|present| (present.browser, present.behind)).collect();
        present.sort();
        assert_eq!(present, [("Firefox".into(), Some(0)), ("curl".into(), Some(1))]);
        assert!(hub.cut(cut) && !hub.cut(cut));
        assert_eq!(end(&mut gone).await, Some(End::Cut));
        assert_eq!(other.ended(), None);
    }

    #[test]
    fn a_feed_bears_its_users_events_and_nobody_elses() {
        let hub = hub();
        let ada = hub.open(Uuid::new_v4(), &user("ada", Role::Customer), "s1", "test").unwrap();
        let grace = hub.open(Uuid::new_v4(), &user("grace", Role::Customer), "s2", "test").unwrap();
        let ops = hub.open(Uuid::new_v4(), &user("ops", Role::Staff), "s3", "test").unwrap();
        let to = [
            Audience::User("ada".into()),
            Audience::UserAndStaff("grace".into()),
            Audience::Everyone,
            Audience::UserAndStaff("ops".into()),
            Audience::User("nobody".into()),
        ];
        hub.deliver(to.into_iter().zip(11..).map(|(audience, sequence)| event(sequence, audience)).collect(), 15);
        assert_eq!(sequences(&ada, 10), Some(vec![11, 13]));
        assert_eq!(sequences(&grace, 10), Some(vec![12, 13]));
        assert_eq!(sequences(&ops, 10), Some(vec![12, 13, 14]));
        assert_eq!(hub.head(), 15);
    }

    #[test]
    fn who_fell_behind_the_recent_frames_is_sent_to_the_log() {
        let hub = hub();
        let seat = hub.open(Uuid::new_v4(), &user("ada", Role::Customer), "s", "test").unwrap();
        let last = 10 + RECENT as i64 + 1;
        hub.deliver((11..=last).map(|sequence| event(sequence, Audience::Everyone)).collect(), last);
        assert_eq!(sequences(&seat, 10), None);
        assert_eq!(sequences(&seat, 11).map(|frames| frames.len()), Some(RECENT));
        assert_eq!(sequences(&seat, last), Some(vec![]));
    }

    #[test]
    fn limits_hold_and_a_seat_that_is_left_is_free_again() {
        let hub = hub();
        let ada = user("ada", Role::Customer);
        let first = hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap();
        let second = hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap();
        assert_eq!(hub.open(Uuid::new_v4(), &ada, "s", "test").err(), Some(Refused::User));
        drop(first);
        let third = hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap();
        let _grace = hub.open(Uuid::new_v4(), &user("grace", Role::Customer), "s", "test").unwrap();
        assert_eq!(hub.open(Uuid::new_v4(), &user("ops", Role::Staff), "s", "test").err(), Some(Refused::Full));
        drop((second, third));
        assert_eq!(hub.streams(), 1);
        assert_eq!(hub.read().feeds.len(), 1);
    }

    #[tokio::test]
    async fn a_sessions_end_reaches_its_streams_and_no_others() {
        let hub = hub();
        let ada = user("ada", Role::Customer);
        let mut here = hub.open(Uuid::new_v4(), &ada, "here", "test").unwrap();
        let mut there = hub.open(Uuid::new_v4(), &ada, "there", "test").unwrap();
        hub.deliver(vec![event(11, Audience::Session("here".into()))], 11);
        assert_eq!(end(&mut here).await, Some(End::Session));
        assert_eq!(there.ended(), None);
        hub.deliver(vec![event(12, Audience::SessionsOf("ada".into()))], 12);
        assert_eq!(end(&mut there).await, Some(End::Session));
    }

    #[tokio::test]
    async fn stopping_ends_every_stream_with_a_return_of_its_own() {
        let hub = hub();
        let ada = user("ada", Role::Customer);
        let mut seats = [hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap(), hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap()];
        hub.stop();
        let ends = [end(&mut seats[0]).await, end(&mut seats[1]).await];
        assert!(ends.iter().all(|end| matches!(end, Some(End::Stopping(_)))));
        assert_ne!(ends[0], ends[1]);
        assert_eq!(hub.open(Uuid::new_v4(), &ada, "s", "test").err(), Some(Refused::Stopping));
    }
}
