//! The port to the log: what the core asks of it, and what crosses the border.

use super::{Bounds, EventId};
use std::fmt::Display;

/// A log of events, in commit order. Clones read the same one.
///
/// What the core relies on: sequences grow in commit order and have no gap that fills up later; an epoch is never used twice, and the log
/// gets a new one whenever it goes back (it was restored from a backup, or lost commits in a failover).
pub trait EventLog: Clone + Send + Sync + 'static {
    /// Why the log cannot be read now. The core tries again; only a stream that is being opened is refused with it.
    type Error: Display + Send + 'static;

    /// From where to where the log can be read now.
    fn bounds(&self) -> impl Future<Output = Result<Bounds, Self::Error>> + Send;

    /// The events past the sequence `cursor`, oldest first, as many as the log thinks fit for one page: those for `subscriber`, or all of
    /// them where that is `None`. Bounds and events are read at one moment. Where `cursor` is outside the bounds (see [`Bounds::check`]),
    /// the events do not matter.
    fn after(&self, cursor: i64, subscriber: Option<&Subscriber>) -> impl Future<Output = Result<Page, Self::Error>> + Send;
}

/// What lies past a cursor.
#[derive(Clone, Debug)]
pub struct Page {
    /// The log's bounds at the moment when the events were read.
    pub bounds: Bounds,
    pub events: Vec<LogEvent>,
    /// The sequence up to which the asker has read with this page: the last event's where there may be more, else the head.
    pub through: i64,
}

impl Page {
    /// The position up to which the asker has read with this page.
    pub fn end(&self) -> EventId {
        self.bounds.id(self.through)
    }
}

/// An event as the log keeps it.
#[derive(Clone, Debug)]
pub struct LogEvent {
    pub sequence: i64,
    pub audience: Audience,
    /// The event's type, its `event:` field.
    pub kind: String,
    /// Its `data:` field.
    pub data: String,
}

/// To whom an event is addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One user.
    User(String),
    /// One user, and all members of a group. Who is both gets it once.
    UserAndGroup { user: String, group: String },
    /// Everyone.
    Everyone,
    /// No stream: the session of this handle has ended, and its streams end.
    SessionEnded(String),
    /// No stream: all sessions of this user have ended, and their streams end.
    SessionsEnded(String),
    /// No stream: the instance that holds the stream of this client id closes it.
    CloseStream(String),
}

impl Audience {
    /// Whether the event is for this subscriber's streams.
    pub fn includes(&self, subscriber: &Subscriber) -> bool {
        match self {
            Audience::User(name) => *name == subscriber.name,
            Audience::UserAndGroup { user, group } => *user == subscriber.name || subscriber.groups.contains(group),
            Audience::Everyone => true,
            Audience::SessionEnded(_) | Audience::SessionsEnded(_) | Audience::CloseStream(_) => false,
        }
    }
}

/// Whose events a stream bears: those addressed to this user, to one of these groups, or to everyone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscriber {
    /// The user's name.
    pub name: String,
    pub groups: Vec<String>,
}
