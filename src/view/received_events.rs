//! What this page's connection has brought, for the wire page: its events, the states that it was in between them, and what an audit compares.

use super::connection_badge::{state_name, state_text};
use crate::{
    browser::connection::{ConnectionState, ReceivedEvent},
    model::{
        audit::Seen,
        event::{Event, EventId, STREAMS},
    },
};
use leptos::prelude::*;

/// Whether they are kept: only the wire page shows them, and other pages have a WebAssembly file without it.
const ARE_KEPT: bool = cfg!(any(feature = "ssr", feature = "page-wire"));

/// How many entries are kept; the oldest is dropped first, and before all others the console stats, which come each second.
const ENTRIES_MAX: usize = 200;

/// An event, or a state of the connection: its name as the event's type, and its text as the data.
#[derive(Clone)]
pub struct Entry {
    /// Its own.
    pub number: u64,
    pub event: ReceivedEvent,
    pub is_state: bool,
}

/// Received events and states, the newest first. Copies share them.
#[derive(Clone, Copy)]
pub struct ReceivedEvents(RwSignal<Received>);

struct Received {
    entries: Vec<Entry>,
    next_number: u64,
    seen: Seen,
}

impl ReceivedEvents {
    /// Of a page at that position.
    pub fn new(position: EventId) -> Self {
        Self(RwSignal::new(Received { entries: Vec::new(), next_number: 0, seen: Seen::past(position) }))
    }

    pub fn add(self, event: ReceivedEvent) {
        if !ARE_KEPT {
            return;
        }
        self.0.update(|received| {
            if Event::TYPES.contains(&event.kind.as_str())
                && let Ok(id) = event.id.parse()
            {
                received.seen.add(&id);
            }
            received.insert(0, event, false);
        });
    }

    /// The connection's state is another one. How many events it has caught up on is told where it began to; of a count-down, its beginning.
    pub fn add_state(self, state: ConnectionState) {
        if !ARE_KEPT {
            return;
        }
        self.0.update(|received| {
            let last = received.entries.iter().position(|entry| entry.is_state);
            let is_same = last.is_some_and(|last| received.entries[last].event.kind == state_name(state));
            let place = match (last, state) {
                (Some(last), ConnectionState::CaughtUp(_)) if is_same => {
                    received.entries.remove(last);
                    last
                }
                _ if is_same => return,
                _ => 0,
            };
            received.note(place, state_name(state), state_text(state));
        });
    }

    /// Something that was done to the connection.
    pub fn note(self, name: &str, text: &str) {
        self.0.update(|received| received.note(0, name, text.to_owned()));
    }

    /// The page was fetched anew, at that position.
    pub fn restart(self, position: EventId) {
        self.0.update(|received| received.seen = Seen::past(position));
    }

    pub fn seen(self) -> Seen {
        self.0.with_untracked(|received| received.seen.clone())
    }

    pub fn is_empty(self) -> bool {
        self.0.with(|received| received.entries.is_empty())
    }

    pub fn get(self) -> Vec<Entry> {
        self.0.with(|received| received.entries.clone())
    }

    pub fn get_untracked(self) -> Vec<Entry> {
        self.0.with_untracked(|received| received.entries.clone())
    }
}

impl Received {
    fn note(&mut self, place: usize, name: &str, text: String) {
        let came = js_sys::Date::now() as i64;
        let state = ReceivedEvent { id: String::new(), kind: name.into(), data: text, came, ahead: 0, open_for: 0 };
        self.insert(place, state, true);
    }

    fn insert(&mut self, place: usize, event: ReceivedEvent, is_state: bool) {
        self.entries.insert(place, Entry { number: self.next_number, event, is_state });
        self.next_number += 1;
        if self.entries.len() > ENTRIES_MAX {
            let surplus = self.entries.iter().rposition(|entry| entry.event.kind == STREAMS).unwrap_or(ENTRIES_MAX);
            self.entries.remove(surplus);
        }
    }
}
