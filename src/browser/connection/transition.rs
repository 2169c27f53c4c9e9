//! The moves of the machine, of which [`super::machine`] makes its steps: entering a phase, opening, waiting, joining the other tabs.

use super::{
    backoff,
    effect::Effect,
    input::Moment,
    report::RetryReason,
    state::{Election, Phase, Source, State, left_ms},
    tab_message::TabMessage,
};
use crate::model::event::EventId;

/// One step of the machine on its way.
pub(super) struct Step {
    pub state: State,
    pub moment: Moment,
    pub effects: Vec<Effect>,
}

impl Step {
    /// Opens the connection at the page's position, in place of the one there may be. A follower asks the leader.
    pub fn open(&mut self) {
        let position = self.state.position.clone();
        self.open_past(position);
    }

    /// The same, at a position that may lie before the page's.
    pub fn open_past(&mut self, after: EventId) {
        self.join(false);
        self.enter(Phase::Opening);
        self.state.is_deaf = false;
        self.state.heard = self.moment.now;
        self.state.patience_ms = backoff::patience(self.state.keep_alive_ms, self.moment.chance);
        if let Election::Follower { asked, .. } = &mut self.state.election {
            asked.get_or_insert(self.moment.now);
            self.effects.push(Effect::Post(TabMessage::Join(after)));
        } else {
            self.state.source = Some(self.source(after));
        }
    }

    /// Opens a stream at an earlier position, from which on another tab has missed something. The one there is goes on until then: no
    /// tab's connection is interrupted.
    pub fn open_beside(&mut self, after: EventId) {
        let replaced = self.state.beside.take();
        self.close(replaced);
        self.state.beside = Some(self.source(after));
    }

    pub fn close(&mut self, source: Option<Source>) {
        if let Some(Source { generation, .. }) = source {
            self.effects.push(Effect::CloseSource { generation });
        }
    }

    fn source(&mut self, past: EventId) -> Source {
        let generation = self.next_generation();
        self.effects.push(Effect::OpenSource { generation, after: past.clone() });
        Source { generation, past }
    }

    /// Waits before the next try, not shorter than the `at_least` milliseconds that the server asks for.
    pub fn wait(&mut self, why: RetryReason, at_least: u64) {
        if !self.moment.online {
            return self.enter(Phase::Offline);
        }
        // How long a connection was open comes first: it may start the backoff again.
        self.set_phase(Phase::Opening);
        let length_ms = self.state.backoff.next(at_least, self.moment.chance);
        self.wait_for(why, length_ms);
    }

    /// Waits so many milliseconds before the next try.
    pub fn wait_for(&mut self, why: RetryReason, length_ms: u64) {
        self.enter(Phase::Waiting { since: self.moment.now, length_ms, why });
        self.count_down();
    }

    /// Goes on counting down, or opens when the time is up. It looks at the clock each time: the timers of a hidden tab are late, and
    /// those of a sleeping laptop more so.
    pub fn count_down(&mut self) {
        let Phase::Waiting { since, length_ms, .. } = self.state.phase else { return };
        match left_ms(since, length_ms, self.moment.now) {
            0 => self.open(),
            left => self.start_timer((left - 1) % 1_000 + 1),
        }
    }

    /// Closes what is open, and tells the followers. A connection that is not about to be opened takes no part in the election.
    pub fn enter(&mut self, phase: Phase) {
        let (source, beside) = (self.state.source.take(), self.state.beside.take());
        self.close(source);
        self.close(beside);
        self.set_phase(phase);
        if matches!(self.state.phase, Phase::Suspended | Phase::Offline | Phase::Disconnected | Phase::SignedOut) {
            self.leave();
        }
        self.tell_followers();
    }

    /// Enters a phase without closing anything. The timer of the former one does not count any more.
    pub fn set_phase(&mut self, phase: Phase) {
        self.state.timer = None;
        if let Phase::Live { since, .. } = std::mem::replace(&mut self.state.phase, phase) {
            self.state.backoff.was_open(self.moment.now.abs_diff(since));
        }
    }

    /// Says what is true of the connection right now.
    pub fn tell_followers(&mut self) {
        if self.state.leads() {
            let message = match (&self.state.phase, &self.state.source) {
                (&Phase::Waiting { since, length_ms, why }, _) => {
                    TabMessage::Waiting { left_ms: left_ms(since, length_ms, self.moment.now), why }
                }
                (Phase::Live { greeting, .. }, Some(source)) => TabMessage::Live { past: source.past.clone(), greeting: greeting.clone() },
                _ => TabMessage::Opening,
            };
            self.effects.push(Effect::Post(message));
        }
    }

    /// Takes part in the election, unless it does so already; or takes the lead.
    pub fn join(&mut self, steal: bool) {
        if steal {
            self.leave();
        }
        if self.state.election == Election::Out {
            let generation = self.next_generation();
            self.state.election = Election::Follower { generation, asked: None };
            self.effects.push(Effect::RequestLock { generation, epoch: self.state.position.epoch.clone(), steal });
        }
    }

    /// Takes no part in the election any more: another tab may lead, and is not heard.
    pub fn leave(&mut self) {
        if !matches!(self.state.election, Election::Out | Election::Alone) {
            self.state.election = Election::Out;
            self.effects.push(Effect::ReleaseLock);
        }
    }

    pub fn start_timer(&mut self, after_ms: u64) {
        let generation = self.next_generation();
        self.state.timer = Some(generation);
        self.effects.push(Effect::StartTimer { generation, after_ms });
    }

    pub fn next_generation(&mut self) -> u32 {
        self.state.generation = self.state.generation.wrapping_add(1);
        self.state.generation
    }
}
