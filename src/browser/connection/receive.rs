//! What becomes of what the stream says, whichever tab's source it came on.

use super::{effect::Effect, report::ReceivedEvent, state::Phase, tab_message::Greeting, transition::Step};
use crate::model::event::{self, Event, EventId};

/// How long "caught up" is shown, in milliseconds.
const CAUGHT_UP_MS: u64 = 6_000;

impl Step {
    /// By how much this browser's clock is ahead of the server's, the leader knows and tells the others.
    pub fn live(&mut self, id: String, greeting: Greeting) {
        let data = greeting.data.clone();
        self.set_phase(Phase::Live { since: self.moment.now, greeting, missed: 0, shows_missed: false });
        self.note(id, event::CONNECTED.into(), data);
    }

    /// Takes an event of the stream, from whichever tab's source. Nothing lies between it and the page.
    pub fn receive(&mut self, position: Option<EventId>, id: String, kind: String, data: String) {
        let is_of_log = Event::TYPES.contains(&kind.as_str());
        // It is for a tab whose page is further back.
        if is_of_log && position.as_ref().is_some_and(|position| self.state.has(position)) {
            return;
        }
        self.note(id, kind.clone(), data.clone());
        match (kind.as_str(), position) {
            (event::STREAMS, _) => self.effects.push(Effect::ShowStats(data)),
            (event::RESYNC, _) => {
                let generation = self.next_generation();
                self.enter(Phase::Fetching(generation));
                self.effects.push(Effect::FetchSnapshot { generation });
            }
            (event::SESSION_ENDED, _) => self.enter(Phase::SignedOut),
            // There is nothing for this user up to there.
            (event::PING, Some(position)) if !self.state.has(&position) => {
                self.state.position = position.clone();
                self.effects.push(Effect::MoveTo(position));
            }
            (_, Some(position)) if is_of_log => {
                self.state.position = position.clone();
                self.effects.push(Effect::Apply { position, kind, data });
            }
            _ => {}
        }
    }

    /// For the page that shows each event as it is received.
    fn note(&mut self, id: String, kind: String, data: String) {
        let now = self.moment.now;
        let (ahead, since) = if let Phase::Live { greeting, since, .. } = &self.state.phase { (greeting.ahead, *since) } else { (0, now) };
        let open_for = now.saturating_sub(since) as i64;
        self.effects.push(Effect::Note(ReceivedEvent { id, kind, data, came: now as i64, ahead, open_for }));
    }

    /// Counts what happened before the stream was opened.
    pub fn applied(&mut self, time: Option<String>) {
        if let (Phase::Live { greeting, missed, shows_missed, .. }, Some(time)) = (&mut self.state.phase, time)
            && time < greeting.opened
        {
            *missed += 1;
            *shows_missed = true;
            self.start_timer(CAUGHT_UP_MS);
        }
    }
}
