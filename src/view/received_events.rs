//! The events that this page has received, for the wire page.

use crate::{browser::connection::ReceivedEvent, model::event::STREAMS};
use leptos::prelude::*;

/// How many are kept; the oldest is dropped first, and before all others the console stats, which come each second.
const RECEIVED_MAX: usize = 200;

/// Received events, the newest first, each with a number of its own. Copies share them.
#[derive(Clone, Copy, Default)]
pub struct ReceivedEvents(RwSignal<Vec<(u64, ReceivedEvent)>>);

impl ReceivedEvents {
    pub fn add(self, event: ReceivedEvent) {
        self.0.update(|events| {
            let number = events.first().map_or(0, |(number, _)| number + 1);
            events.insert(0, (number, event));
            if events.len() > RECEIVED_MAX {
                let surplus = events.iter().rposition(|(_, event)| event.kind == STREAMS).unwrap_or(RECEIVED_MAX);
                events.remove(surplus);
            }
        });
    }

    pub fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }

    pub fn get(self) -> Vec<(u64, ReceivedEvent)> {
        self.0.get()
    }

    pub fn get_untracked(self) -> Vec<(u64, ReceivedEvent)> {
        self.0.get_untracked()
    }
}
