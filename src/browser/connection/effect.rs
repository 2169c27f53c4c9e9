//! What the machine wants done. The driver does it in this order, and decides nothing.

use super::{
    report::{ConnectionState, ReceivedEvent},
    tab_message::TabMessage,
};
use crate::model::{event::EventId, snapshot::Snapshot};

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open a source past a position; its inputs bear the generation.
    OpenSource {
        generation: u32,
        after: EventId,
    },
    CloseSource {
        generation: u32,
    },
    /// Ask why no stream was given past that position.
    LookUpRefusal {
        generation: u32,
        after: EventId,
    },
    FetchSnapshot {
        generation: u32,
    },
    StartTimer {
        generation: u32,
        after_ms: u64,
    },
    /// Ask for the lock of the tabs of this user and this epoch, and listen to them; `steal` it from a leader that hangs.
    RequestLock {
        generation: u32,
        epoch: String,
        steal: bool,
    },
    /// Give the lock up, or the place in the queue for it, and listen no more.
    ReleaseLock,
    Post(TabMessage),
    /// Apply an event to the page state, which is then at `position`. [`super::input::Input::Applied`] answers.
    Apply {
        position: EventId,
        kind: String,
        data: String,
    },
    /// The page state is at `position` without any event.
    MoveTo(EventId),
    /// Replace the page state by a snapshot, and tell the page.
    Replace(Box<Snapshot>),
    /// The console stats are these, as JSON.
    ShowStats(String),
    /// Tell the page of an event that was received.
    Note(ReceivedEvent),
    /// The connection's state has changed.
    Show(ConnectionState),
}
