//! The line: an `EventSource` whose state is always known and true.
//!
//! Promises: events reach the page_state in order; whatever breaks the line, it opens again at the page_state's position, so nothing is missed and
//! nothing repeated; it waits before it tries again ([`backoff`]), except where there is cause to think that the way is free: the person
//! asks for it, the network or the page comes back ([`watch`]); it is closed when its page goes; all tabs of a person have one stream
//! ([`share`]).
//!
//! The browser's own reconnecting is not relied on: it hides when it will try, and gives up for ever on any answer but 200.

mod backoff;
mod hear;
mod inner;
mod open;
mod share;
mod source;
mod wait;
mod watch;

use super::{effect, page_state::PageState, tabs::TabMessage};
use crate::model::event::Event;
use inner::{ConnectionData, Driver, rest};
use leptos::prelude::*;
use open::{close, open};
use std::sync::Arc;
use watch::Watch;

/// What is true of the line right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Being opened.
    Opening,
    /// Open: what happens is shown.
    Live,
    /// Open again, and this many events that were missed have been shown.
    CaughtUp(usize),
    /// Not open; tried again in this many seconds.
    Waiting { seconds: u32, why: RetryReason },
    /// The browser has no network; tried again when it has.
    Offline,
    /// Disconnected by the user, until they reconnect.
    Disconnected,
    /// The session has ended.
    SignedOut,
}

/// RetryReason the line is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryReason {
    /// It broke, or nothing answers.
    Broken,
    /// This person has the line open in as many browsers as one may (429).
    TooMany,
    /// The server has no room, or is stopping (503).
    Busy,
}

/// What the line tells the page besides the page_state.
#[derive(Clone, Debug)]
pub enum ConnectionNotice {
    /// An event that was new to the page_state.
    Event(Event),
    /// The position could not be served, and the page_state was fetched anew.
    Resynced,
    /// A frame as it came, whatever became of it.
    Received(ReceivedEvent),
}

/// A frame of the stream, for those who watch the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// Empty where it has none.
    pub id: String,
    pub kind: String,
    pub data: String,
    /// When it came, in milliseconds since 1970.
    pub came: i64,
    /// By how much this browser's clock is ahead of the server's, as far as the stream's opening tells; in milliseconds.
    pub ahead: i64,
}

/// The line as the views hold it. Copies share it.
#[derive(Clone, Copy)]
pub struct Connection {
    pub state: RwSignal<ConnectionState>,
    wire: StoredValue<Option<Driver>>,
}

impl Connection {
    /// The line for `page_state`, which opens when the page is alive and closes when the component goes.
    /// `tell` is called for each event that is new to the page_state, once it is applied.
    pub fn new(page_state: PageState, tell: impl Fn(ConnectionNotice) + Send + Sync + 'static) -> Self {
        let line = Self { state: RwSignal::new(ConnectionState::Opening), wire: StoredValue::new(None) };
        let tell: Arc<dyn Fn(ConnectionNotice) + Send + Sync> = Arc::new(tell);
        effect(move || {
            let wire: Driver = StoredValue::new_local(ConnectionData::new(page_state, line.state, tell.clone()));
            line.wire.set_value(Some(wire));
            wire.update_value(|inner| inner.watch = Some(Watch::over(wire)));
            open(wire);
            on_cleanup(move || close(wire));
        });
        line
    }

    /// Closes the line until [`Connection::retry`].
    pub fn disconnect(&self) {
        if let Some(wire) = self.wire.get_value() {
            rest(wire, ConnectionState::Disconnected);
        }
    }

    /// Tries again now.
    pub fn retry(&self) {
        if let Some(wire) = self.wire.get_value() {
            open(wire);
            wire.try_update_value(|inner| inner.share.ask(TabMessage::Now));
        }
    }
}
