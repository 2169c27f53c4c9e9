//! What the line knows of itself, and its turns.
//!
//! Promise: whatever was begun in an earlier turn changes nothing any more.

use super::{ConnectionNotice, ConnectionState, backoff::Backoff, share::Share, source::Source, wait::Wait, watch::Watch};
use crate::{
    browser::{page_state::PageState, tabs::TabMessage},
    model::{event::EventId, snapshot::SnapshotStoreFields},
};
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};

pub type Driver = StoredValue<ConnectionData, LocalStorage>;

/// The browser's side. Times are since 1970: that clock goes on while a laptop sleeps. It may also be set, so that only the distance
/// between two times counts, in either direction.
pub struct ConnectionData {
    pub page_state: PageState,
    pub state: RwSignal<ConnectionState>,
    pub tell: Arc<dyn Fn(ConnectionNotice) + Send + Sync>,
    pub share: Share,
    /// The stream, unless another tab has it.
    pub source: Option<Source>,
    /// The stream that takes its place once it is open, and the position past which it is asked for.
    pub next: Option<(Source, EventId)>,
    /// Up to where the stream has been read.
    pub past: EventId,
    /// Counts the line's turns: an answer or a timer of an earlier one comes too late, and must not undo what came meanwhile.
    pub turn: u32,
    pub backoff: Backoff,
    pub wait: Option<Wait>,
    /// A snapshot is on its way, and will say where the line is to go on.
    pub fetching: bool,
    /// When anything was last heard, or last asked for.
    pub heard: Duration,
    /// The silence after which this opening of the line is taken for dead.
    pub patience: Duration,
    /// When the line was opened, if it is open.
    pub connected: Option<Duration>,
    /// The data of `connected`, if it is open.
    pub greeting: Option<String>,
    /// When the server says that it last opened the line (RFC 3339): what happened before had been missed.
    pub opened: Option<String>,
    pub missed: usize,
    /// By how much this browser's clock is ahead of the server's, in milliseconds: what the opening of the line took counts as well.
    pub ahead: i64,
    pub watch: Option<Watch>,
}

impl ConnectionData {
    pub fn new(page_state: PageState, state: RwSignal<ConnectionState>, tell: Arc<dyn Fn(ConnectionNotice) + Send + Sync>) -> Self {
        Self {
            page_state,
            state,
            tell,
            share: Share::default(),
            source: None,
            next: None,
            past: page_state.cursor().get_untracked(),
            turn: 0,
            backoff: Backoff::default(),
            wait: None,
            fetching: false,
            heard: now(),
            patience: Duration::MAX,
            connected: None,
            greeting: None,
            opened: None,
            missed: 0,
            ahead: 0,
            watch: None,
        }
    }

    /// The stream past a position, for the person whose page_state it is: by now, another may have signed in in this browser.
    pub fn address(&self, past: &EventId) -> String {
        format!("/events?after={past}&reader={}", self.page_state.user().get_untracked().username)
    }

    /// Neither open nor about to be, and in `state`; returns the turn that begins with it.
    pub fn rest(&mut self, state: ConnectionState) -> u32 {
        (self.source, self.next, self.wait, self.greeting, self.fetching) = (None, None, None, None, false);
        if let Some(connected) = self.connected.take() {
            self.backoff.was_open(now().abs_diff(connected));
        }
        match state {
            ConnectionState::Opening => self.share.lead(|| TabMessage::Opening),
            _ => self.share.leave(),
        }
        self.state.set(state);
        self.turn = self.turn.wrapping_add(1);
        self.turn
    }
}

/// Does it after a while, unless something else happens to the line before.
pub fn later(wire: Driver, after: Duration, then: impl FnOnce() + 'static) {
    if let Some(turn) = wire.try_with_value(|inner| inner.turn) {
        let in_time = move || {
            if is_turn(wire, turn) {
                then();
            }
        };
        set_timeout(in_time, after);
    }
}

pub fn is_turn(wire: Driver, turn: u32) -> bool {
    wire.try_with_value(|inner| inner.turn == turn) == Some(true)
}

pub fn sign_out(wire: Driver) {
    rest(wire, ConnectionState::SignedOut);
}

pub fn rest(wire: Driver, state: ConnectionState) {
    wire.try_update_value(|inner| inner.rest(state));
}

pub fn now() -> Duration {
    Duration::from_millis(js_sys::Date::now() as u64)
}
