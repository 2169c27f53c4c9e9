//! One line for all tabs of a person: the tab that leads has the stream, and tells the others each frame that it hears.
//!
//! Promise: whichever tab leads, and however often that changes, no tab misses an event or has one twice. It rests on one rule, which each
//! tab keeps for itself: a frame comes with the position that the stream had before it, and a tab takes it only if its own page_state stands
//! there or further on. Else it has missed something (it was rendered before the stream's position, it slept, the lead has changed) and
//! joins anew, saying where it stands; then the leader opens a stream there in place of its own, and those who know the frames already drop them, as
//! [`page_state::apply`](crate::browser::page_state::apply) always does. So nothing depends on which word comes when, or on whether it comes at all.
//!
//! Tabs of another person, or of another log, have another name for it all, and hear nothing.

use super::{
    ConnectionState, hear,
    inner::{Driver, now},
    open::{open, open_beside},
    wait::wait_for,
    watch::check,
};
use crate::{
    browser::tabs::{LockStatus, TabEvent, TabMessage, Tabs},
    model::{event::EventId, snapshot::SnapshotStoreFields},
};
use leptos::prelude::*;
use std::time::Duration;

/// How long a leader may take to answer a tab that joins. It needs no timer for it, which a hidden tab's might be late: it hangs.
const ANSWER: Duration = Duration::from_secs(10);

/// This tab's place among the others.
#[derive(Default)]
pub(super) struct Share {
    tabs: Option<Tabs>,
    /// The browser has no locks for this page: each tab has a stream.
    alone: bool,
    /// Since when no leader has answered, where one was asked.
    asked: Option<Duration>,
}

impl Share {
    pub fn follows(&self) -> bool {
        self.tabs.as_ref().is_some_and(|tabs| !tabs.leads())
    }

    /// Says it to those who follow, if there may be any.
    pub fn lead(&self, word: impl FnOnce() -> TabMessage) {
        if let Some(tabs) = self.tabs.as_ref().filter(|tabs| tabs.leads()) {
            tabs.say(&word());
        }
    }

    /// Says it to who leads.
    pub fn ask(&mut self, word: TabMessage) {
        if let Some(tabs) = self.tabs.as_ref().filter(|tabs| !tabs.leads()) {
            tabs.say(&word);
            self.asked.get_or_insert_with(now);
        }
    }

    /// Another tab may lead, and is not heard any more.
    pub fn leave(&mut self) {
        (self.tabs, self.asked) = (None, None);
    }

    /// The leader hangs, it seems.
    pub fn is_unanswered(&self) -> bool {
        self.follows() && self.asked.is_some_and(|asked| now().abs_diff(asked) > ANSWER)
    }
}

/// Gets in line for the lead, unless it stands there already; or takes it.
pub(super) fn join(wire: Driver, take: bool) {
    let name = wire.try_update_value(|inner| {
        if take {
            inner.share.leave();
        }
        let (user, cursor) = (inner.page_state.user().get_untracked(), inner.page_state.cursor().get_untracked());
        (inner.share.tabs.is_none() && !inner.share.alone).then(|| format!("orderwire {} {}", user.username, cursor.epoch))
    });
    if let Some(name) = name.flatten() {
        let tabs = Tabs::join(&name, take, move |news| told(wire, news));
        wire.try_update_value(|inner| {
            inner.share.alone = tabs.is_none();
            inner.share.tabs = tabs;
        });
    }
}

fn told(wire: Driver, news: TabEvent) {
    match news {
        TabEvent::LockStatus(place) => {
            wire.try_update_value(|inner| {
                inner.share.asked = None;
                match place {
                    LockStatus::Held => {}
                    LockStatus::Stolen => inner.share.leave(),
                    LockStatus::Refused => inner.share = Share { alone: true, ..Share::default() },
                }
            });
            open(wire);
        }
        TabEvent::TabMessage(word) => match wire.try_with_value(|inner| inner.share.follows()) {
            Some(true) => follow(wire, word),
            Some(false) => lead(wire, word),
            None => {}
        },
    }
}

/// What a leader makes of a follower's word. Those of another leader, who does not know yet that it is none, are not for it.
fn lead(wire: Driver, word: TabMessage) {
    match word {
        TabMessage::Join(at) => {
            // Whoever joins may have found out that all is silent.
            check(wire);
            let missed = wire.try_with_value(|inner| inner.source.is_some() && !reaches(&at, &inner.past));
            if missed == Some(true) {
                open_beside(wire, at);
            } else {
                answer(wire);
            }
        }
        TabMessage::Now if wire.try_with_value(|inner| inner.wait.is_some()) == Some(true) => open(wire),
        _ => {}
    }
}

/// Says what is true of the line right now.
fn answer(wire: Driver) {
    let is_due = wire.try_with_value(|inner| {
        let word = match (inner.wait, &inner.greeting) {
            (Some(wait), _) if wait.left().is_zero() => return true,
            (Some(wait), _) => TabMessage::Waiting { left_ms: wait.left().as_millis() as u64, why: wait.why },
            (None, Some(greeting)) => TabMessage::Live { past: inner.past.clone(), greeting: greeting.clone(), ahead: inner.ahead },
            (None, None) => TabMessage::Opening,
        };
        inner.share.lead(|| word);
        false
    });
    if is_due == Some(true) {
        open(wire);
    }
}

/// What a follower makes of the leader's word.
fn follow(wire: Driver, word: TabMessage) {
    if matches!(word, TabMessage::Join(_) | TabMessage::Now) {
        return;
    }
    let Some((position, is_live, is_fetching)) = wire.try_update_value(|inner| {
        let is_live = inner.connected.is_some();
        // A frame that is not for it is no answer.
        if is_live || !matches!(word, TabMessage::ReceivedEvent { .. }) {
            inner.share.asked = None;
            inner.heard = now();
        }
        (inner.page_state.cursor().get_untracked(), is_live, inner.fetching)
    }) else {
        return;
    };
    // It asks anew once it has its snapshot.
    if is_fetching {
        return;
    }
    match word {
        TabMessage::Opening => _ = wire.try_update_value(|inner| inner.rest(ConnectionState::Opening)),
        TabMessage::Waiting { left_ms, why } => wait_for(wire, why, Duration::from_millis(left_ms)),
        TabMessage::Live { past, .. } if !reaches(&position, &past) => open(wire),
        TabMessage::Live { past, greeting, ahead } if !is_live => hear::connected(wire, past.to_string(), greeting, Some(ahead)),
        // Until it is told that the line is open where it stands, frames are not for it.
        TabMessage::ReceivedEvent { past, .. } if is_live && !reaches(&position, &past) => open(wire),
        TabMessage::ReceivedEvent { id, kind, data, .. } if is_live => hear::frame(wire, id, kind, data),
        _ => {}
    }
}

/// Whether nothing lies between who stands at `position` and what begins past `past`.
fn reaches(position: &EventId, past: &EventId) -> bool {
    position.epoch == past.epoch && position.sequence >= past.sequence
}
