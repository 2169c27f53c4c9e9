//! What can happen to the connection, and when.
//!
//! Everything that answers an effect bears the generation of that effect. The machine takes it only while its state still holds that
//! generation: what comes later is dropped.

use super::tab_message::TabMessage;
use crate::model::snapshot::Snapshot;

/// When an input comes, and what the outside says at that moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since 1970. This clock goes on while a laptop sleeps. It may also be set, so that only the distance between two
    /// times counts, in either direction.
    pub now: u64,
    /// A random number from 0 to 1.
    pub chance: f64,
    /// Whether the browser has a network.
    pub online: bool,
}

#[derive(Clone, Debug)]
pub enum Input {
    /// The page has come alive.
    Started,
    /// A source is open. `opened` is the server's time in its greeting, as text (RFC 3339, or empty) and in milliseconds since 1970.
    Connected {
        generation: u32,
        id: String,
        data: String,
        opened: String,
        opened_ms: Option<i64>,
    },
    /// A source said anything else.
    Said {
        generation: u32,
        id: String,
        kind: String,
        data: String,
    },
    /// A source broke, or was refused: an answer came, and was no stream.
    Failed {
        generation: u32,
        refused: bool,
    },
    /// The status of the refusal, `None` where nothing answered, and how many milliseconds the server asks to wait.
    RefusalLookedUp {
        generation: u32,
        status: Option<u16>,
        retry_after_ms: u64,
    },
    SnapshotFetched {
        generation: u32,
        answer: SnapshotAnswer,
    },
    TimerFired {
        generation: u32,
    },
    /// This tab leads from now on.
    LockGranted {
        generation: u32,
    },
    /// Another tab has taken the lead.
    LockStolen {
        generation: u32,
    },
    /// The browser has no locks for this page.
    LockRefused {
        generation: u32,
    },
    /// Another tab has said this.
    TabMessage {
        generation: u32,
        message: TabMessage,
    },
    /// The event that was applied last happened at this time (RFC 3339), if it says so.
    Applied {
        time: Option<String>,
    },
    /// Comes every few seconds, and when a hidden page is shown: the timers of a hidden page come late or not at all.
    Checked,
    /// The page is left, and may come back.
    PageHidden,
    /// The page is back, as it was (bfcache).
    PageRestored,
    WentOffline,
    WentOnline,
    /// The user closes the connection.
    Disconnect,
    /// The user wants it opened now.
    Retry,
    /// The user breaks the connection, as a network would.
    Cut,
    /// The user lets the page ignore the stream, as if nothing came on it any more.
    FallSilent,
    /// The user takes the lead from the tab that has it; where that is this one, it goes to the next in the queue.
    ChangeLeader,
}

#[derive(Clone, Debug)]
pub enum SnapshotAnswer {
    Fresh(Box<Snapshot>),
    /// There is no session.
    SignedOut,
    /// Nothing answered, or it could not be read.
    Failed,
}
