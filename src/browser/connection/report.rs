//! What the connection reports to the page: its state, which is always true, and what happens on it.

use crate::model::event::Event;

/// The state of the connection right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Being opened.
    Opening,
    /// Open: events are shown as they happen.
    Live,
    /// Open again, and this many events that were missed have been shown.
    CaughtUp(usize),
    /// Not open; tried again in this many seconds.
    Waiting { seconds: u32, why: RetryReason },
    /// The browser has no network; tried again when it has.
    Offline,
    /// Closed by the user, until the user opens it again.
    Disconnected,
    /// The session has ended.
    SignedOut,
}

/// Why the connection is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryReason {
    /// It broke, or nothing answers.
    Broken,
    /// The user has as many streams open as one may (429).
    TooMany,
    /// The server has no room, or is stopping (503).
    Busy,
}

/// What the page is told besides the changes of its state.
#[derive(Clone, Debug)]
pub enum ConnectionNotice {
    /// An event that was new to the page.
    Event(Event),
    /// The position could not be served, and the page state was fetched again.
    Resynced,
    /// An event of the stream as it was received, whatever became of it.
    Received(ReceivedEvent),
    /// The connection's state is another one.
    State(ConnectionState),
}

/// An event of the stream as it was received: one of the log, or one of the stream's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// Empty where it has none.
    pub id: String,
    pub kind: String,
    pub data: String,
    /// When it came, in milliseconds since 1970.
    pub came: i64,
    /// By how many milliseconds this browser's clock is ahead of the server's. The time that the stream took to open counts as well.
    pub ahead: i64,
    /// For how many milliseconds the connection has been open: what is older than that was replayed.
    pub open_for: i64,
}
