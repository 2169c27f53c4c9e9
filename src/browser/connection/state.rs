//! The state of the machine: plain data, and what can be read from it.

use super::{backoff::Backoff, report::ConnectionState, report::RetryReason, tab_message::Greeting};
use crate::model::{event::EventId, user::User};

/// All that the connection knows.
///
/// It owns the page's position. The cursor of the page state is written by its effects alone, and equals `position` after each step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The user whose page it is: by now, another may have signed in in this browser.
    pub(super) user: User,
    /// Every event up to here is on the page, none after.
    pub(super) position: EventId,
    pub(super) keep_alive_ms: u64,
    pub(super) phase: Phase,
    pub(super) election: Election,
    /// The stream, unless another tab has it.
    pub(super) source: Option<Source>,
    /// The stream that replaces it once it is open. It starts at an earlier position, for a tab that has missed something.
    pub(super) beside: Option<Source>,
    /// The generation of the timer that counts: there is one at most.
    pub(super) timer: Option<u32>,
    /// When anything was last received, or last asked for.
    pub(super) heard: u64,
    /// The silence in milliseconds after which this opening of the connection counts as dead.
    pub(super) patience_ms: u64,
    pub(super) backoff: Backoff,
    /// Whether nothing that comes is heard, until the connection is opened anew.
    pub(super) is_deaf: bool,
    /// The last generation that was given out.
    pub(super) generation: u32,
    /// What the page was last told of the connection's state.
    pub(super) shown: ConnectionState,
}

/// See the table in [`super::machine`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Opening,
    Live { since: u64, greeting: Greeting, missed: usize, shows_missed: bool },
    Refused,
    LookingUp(u32),
    Fetching(u32),
    Waiting { since: u64, length_ms: u64, why: RetryReason },
    Suspended,
    Offline,
    Disconnected,
    SignedOut,
}

/// This tab's place among the tabs that share the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Election {
    /// It takes no part.
    Out,
    /// It follows, and will lead when it is granted the lock. `asked` is since when no leader has answered, where one was asked.
    Follower {
        generation: u32,
        asked: Option<u64>,
    },
    Leader {
        generation: u32,
    },
    /// The browser has no locks for this page: each tab has a stream.
    Alone,
}

/// An event stream of this tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub generation: u32,
    /// Up to where it has been read.
    pub past: EventId,
}

impl State {
    /// The state of a page of `user` at `position`, before its connection is started.
    pub fn new(user: User, position: EventId, keep_alive_ms: u64) -> Self {
        Self {
            user,
            position,
            keep_alive_ms,
            phase: Phase::Opening,
            election: Election::Out,
            source: None,
            beside: None,
            timer: None,
            heard: 0,
            patience_ms: 0,
            backoff: Backoff::default(),
            is_deaf: false,
            generation: 0,
            shown: ConnectionState::Opening,
        }
    }

    pub(super) fn follows(&self) -> bool {
        matches!(self.election, Election::Follower { .. })
    }

    pub(super) fn leads(&self) -> bool {
        matches!(self.election, Election::Leader { .. })
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// Whether only the user, or nobody, opens it again.
    pub(super) fn stays_closed(&self) -> bool {
        matches!(self.phase, Phase::Disconnected | Phase::SignedOut)
    }

    /// Whether what is at `id` is on the page.
    pub(super) fn has(&self, id: &EventId) -> bool {
        reaches(&self.position, id)
    }

    /// The badge, at a time.
    pub(super) fn connection_state(&self, now: u64) -> ConnectionState {
        match self.phase {
            Phase::Opening | Phase::Refused | Phase::LookingUp(_) | Phase::Fetching(_) | Phase::Suspended => ConnectionState::Opening,
            Phase::Live { shows_missed: false, .. } => ConnectionState::Live,
            Phase::Live { missed, .. } => ConnectionState::CaughtUp(missed),
            Phase::Waiting { since, length_ms, why } => {
                // A timer may come some milliseconds early: "in 0 s" is never shown.
                let seconds = left_ms(since, length_ms, now).div_ceil(1_000).max(1) as u32;
                ConnectionState::Waiting { seconds, why }
            }
            Phase::Offline => ConnectionState::Offline,
            Phase::Disconnected => ConnectionState::Disconnected,
            Phase::SignedOut => ConnectionState::SignedOut,
        }
    }
}

/// Whether nothing lies between a page at `position` and what comes after `past`.
pub(super) fn reaches(position: &EventId, past: &EventId) -> bool {
    position.epoch == past.epoch && position.sequence >= past.sequence
}

/// What is left of a wait, in milliseconds.
pub(super) fn left_ms(since: u64, length_ms: u64, now: u64) -> u64 {
    length_ms.saturating_sub(now.abs_diff(since))
}
