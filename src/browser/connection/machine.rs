//! The connection as a state machine: a pure function from a state and an input to the next state and effects.
//!
//! It has no clock, no random numbers and no browser: time and chance come with each input. [`super::driver`] runs the effects.
//!
//! | phase | badge | what is open | left by |
//! |---|---|---|---|
//! | `Opening` | opening | a source (a follower has asked the leader) | connected → `Live`; refused → `Refused`; broken, silent → `Waiting` |
//! | `Live` | live, caught up | a source, or the leader's messages | broken → `Waiting`; silent → `Opening`; and what the stream says |
//! | `Refused` | opening | nothing, for 100 ms | timer → `LookingUp` |
//! | `LookingUp` | opening | a request that asks why | 401 → `SignedOut`; else → `Waiting` |
//! | `Fetching` | opening | a request for a snapshot | first → `Opening`; second, failed → `Waiting`; not this user's → `SignedOut` |
//! | `Waiting` | waiting, counted down | nothing | timer, retry → `Opening`; without a network it is `Offline` instead |
//! | `Suspended` | opening | nothing: the page is left | page restored → `Opening` |
//! | `Offline` | offline | nothing | online → `Opening` |
//! | `Disconnected` | disconnected | nothing | retry → `Opening` |
//! | `SignedOut` | signed out | nothing | never |
//!
//! What the stream says: `resync` leads to `Fetching`, `session.ended` to `SignedOut`. A page that is hidden leads to `Suspended` and a
//! network that goes to `Offline`, from all but the last two phases; the user leads to `Disconnected`, and back to `Opening`, from all but
//! the last. On the wire page the user can also break what is live, let the page ignore it (until silence is found out), and move the lead.
//!
//! `Suspended`, `Offline`, `Disconnected` and `SignedOut` take no part in the election. In all others the tab is a leader, a follower, or
//! alone where the browser has no locks. A follower's phase follows what the leader says; a follower that hears nothing asks again, and
//! takes the lead where there is no answer. Gaining or losing the lead leads to `Opening`, or, from `Fetching`, waits for the snapshot.
//!
//! Promises:
//! - Events reach the page in order, each once, whichever tab leads and however often that changes. It rests on one rule, which each tab
//!   keeps for itself: an event comes with the position that the stream had before it, and a tab takes it only if the page is at that
//!   position or further on. Else it has missed something and joins again, saying where it is; the leader then opens a stream there beside
//!   its own, and the tabs that have its events already drop them. So nothing depends on which message comes when, or on whether it comes.
//! - The position never goes back within an epoch.
//! - At most one source counts, and one beside it that will replace it; a follower has none.
//! - What answers late changes nothing: the state does not hold its generation any more.
//! - After a refusal, a break or a second resync it backs off, except where there is cause to think that the way is free: the user asks for
//!   it, the network or the page comes back.

use super::{
    effect::Effect,
    input::{Input, Moment, SnapshotAnswer},
    report::RetryReason,
    state::{Election, Phase, Source, State, left_ms, reaches},
    tab_message::{Greeting, TabMessage},
    transition::Step,
};
use crate::model::event::EventId;

/// How long after a refusal its status is asked for, in milliseconds. A page that is about to be left hears the same, and is gone by then.
const LOOK_UP_AFTER_MS: u64 = 100;

/// How long a leader may take to answer a tab that joins, in milliseconds. It needs no timer to answer, which might be late in a hidden
/// tab: after that it hangs.
const ANSWER_MS: u64 = 10_000;

/// The next state, and the effects to run in this order.
pub fn step(state: State, moment: Moment, input: Input) -> (State, Vec<Effect>) {
    let mut step = Step { state, moment, effects: Vec::new() };
    step.take(input);
    let shown = step.state.connection_state(moment.now);
    if std::mem::replace(&mut step.state.shown, shown) != shown {
        step.effects.push(Effect::Show(shown));
    }
    (step.state, step.effects)
}

impl Step {
    fn take(&mut self, input: Input) {
        match input {
            Input::Connected { generation, id, data, opened, opened_ms } => self.connected(generation, id, data, opened, opened_ms),
            Input::Said { generation, id, kind, data } => self.said(generation, id, kind, data),
            Input::Failed { generation, refused } => self.failed(generation, refused),
            Input::RefusalLookedUp { generation, status, retry_after_ms } => self.refusal_looked_up(generation, status, retry_after_ms),
            Input::SnapshotFetched { generation, answer } => self.snapshot_fetched(generation, answer),
            Input::TimerFired { generation } => self.timer_fired(generation),
            Input::LockGranted { generation } => self.lock_changed(generation, Election::Leader { generation }),
            Input::LockStolen { generation } => self.lock_changed(generation, Election::Out),
            Input::LockRefused { generation } => self.lock_changed(generation, Election::Alone),
            Input::TabMessage { generation, message } => match self.state.election {
                Election::Leader { generation: current } if current == generation => self.leader_hears(message),
                Election::Follower { generation: current, .. } if current == generation => self.follower_hears(message),
                _ => {}
            },
            Input::Applied { time } => self.applied(time),
            Input::Checked => self.check(),
            Input::Started | Input::PageRestored if !self.state.stays_closed() => self.open(),
            Input::PageHidden if !self.state.stays_closed() => self.enter(Phase::Suspended),
            Input::WentOffline if !self.state.stays_closed() => self.enter(Phase::Offline),
            Input::WentOnline if self.state.phase == Phase::Offline => self.open(),
            Input::Cut if self.state.is_live() => self.wait(RetryReason::Broken, 0),
            Input::FallSilent if self.state.is_live() => self.state.is_deaf = true,
            Input::ChangeLeader if self.state.is_live() && self.state.leads() => {
                self.leave();
                self.open();
            }
            Input::ChangeLeader if self.state.is_live() && self.state.follows() => self.join(true),
            Input::Disconnect if self.state.phase != Phase::SignedOut => self.enter(Phase::Disconnected),
            Input::Retry if self.state.phase != Phase::SignedOut => {
                self.open();
                if self.state.follows() {
                    self.effects.push(Effect::Post(TabMessage::RetryNow));
                }
            }
            _ => {}
        }
    }

    fn connected(&mut self, generation: u32, id: String, data: String, opened: String, opened_ms: Option<i64>) {
        if self.state.is_deaf {
            return;
        }
        if is(&self.state.beside, generation) {
            let beside = self.state.beside.take();
            let replaced = std::mem::replace(&mut self.state.source, beside);
            self.close(replaced);
        } else if !is(&self.state.source, generation) {
            return;
        }
        self.state.heard = self.moment.now;
        let ahead = opened_ms.map_or(0, |opened_ms| self.moment.now as i64 - opened_ms);
        self.live(id, Greeting { data, opened, ahead });
        self.tell_followers();
    }

    fn said(&mut self, generation: u32, id: String, kind: String, data: String) {
        let (leads, is_deaf) = (self.state.leads(), self.state.is_deaf);
        let is_heard = |source: &&mut Source| source.generation == generation && !is_deaf;
        let Some(source) = self.state.source.as_mut().filter(is_heard) else { return };
        self.state.heard = self.moment.now;
        let position = id.parse::<EventId>().ok();
        let past = match &position {
            Some(position) => std::mem::replace(&mut source.past, position.clone()),
            None => source.past.clone(),
        };
        if leads {
            let message = TabMessage::Received { past, id: id.clone(), kind: kind.clone(), data: data.clone() };
            self.effects.push(Effect::Post(message));
        }
        self.receive(position, id, kind, data);
    }

    /// The browser says only that something broke, not what.
    fn failed(&mut self, generation: u32, refused: bool) {
        match self.state.beside.as_ref().map(|beside| beside.past.clone()) {
            _ if !is(&self.state.source, generation) && !is(&self.state.beside, generation) => {}
            // Where the server has no room for two, the first makes way.
            Some(after) => self.open_past(after),
            None if refused => {
                self.enter(Phase::Refused);
                self.state.heard = self.moment.now;
                self.start_timer(LOOK_UP_AFTER_MS);
            }
            None => self.wait(RetryReason::Broken, 0),
        }
    }

    fn refusal_looked_up(&mut self, generation: u32, status: Option<u16>, retry_after_ms: u64) {
        if self.state.phase == Phase::LookingUp(generation) {
            match status {
                Some(401) => self.enter(Phase::SignedOut),
                Some(429) => self.wait(RetryReason::TooMany, retry_after_ms),
                Some(503) => self.wait(RetryReason::Busy, retry_after_ms),
                _ => self.wait(RetryReason::Broken, retry_after_ms),
            }
        }
    }

    fn snapshot_fetched(&mut self, generation: u32, answer: SnapshotAnswer) {
        if self.state.phase != Phase::Fetching(generation) {
            return;
        }
        match answer {
            SnapshotAnswer::SignedOut => self.enter(Phase::SignedOut),
            SnapshotAnswer::Fresh(snapshot) if snapshot.user != self.state.user => self.enter(Phase::SignedOut),
            // A snapshot of before what the page shows already would take it back.
            SnapshotAnswer::Fresh(snapshot) if snapshot.cursor == self.state.position || !self.state.has(&snapshot.cursor) => {
                if snapshot.cursor.epoch != self.state.position.epoch {
                    self.leave();
                }
                self.state.position = snapshot.cursor.clone();
                self.effects.push(Effect::Replace(snapshot));
                if self.state.backoff.is_first_resync() { self.open() } else { self.wait(RetryReason::Broken, 0) }
            }
            _ => self.wait(RetryReason::Broken, 0),
        }
    }

    fn timer_fired(&mut self, generation: u32) {
        if self.state.timer != Some(generation) {
            return;
        }
        self.state.timer = None;
        match &mut self.state.phase {
            Phase::Waiting { .. } => self.count_down(),
            Phase::Live { shows_missed, .. } => *shows_missed = false,
            Phase::Refused => {
                let (generation, after) = (self.next_generation(), self.state.position.clone());
                self.set_phase(Phase::LookingUp(generation));
                self.effects.push(Effect::LookUpRefusal { generation, after });
            }
            _ => {}
        }
    }

    /// A connection that was open and has fallen silent is opened again at once; a try that nothing came of is one more for the backoff. A
    /// follower asks the leader, and takes the lead if there is no answer.
    fn check(&mut self) {
        let now = self.moment.now;
        if let Election::Follower { asked: Some(asked), .. } = self.state.election
            && now.abs_diff(asked) > ANSWER_MS
        {
            return self.join(true);
        }
        let expects =
            matches!(self.state.phase, Phase::Opening | Phase::Live { .. } | Phase::Refused | Phase::LookingUp(_) | Phase::Fetching(_));
        if expects && now.abs_diff(self.state.heard) > self.state.patience_ms {
            if self.state.is_live() || self.state.follows() { self.open() } else { self.wait(RetryReason::Broken, 0) }
        }
    }

    fn lock_changed(&mut self, generation: u32, election: Election) {
        let (Election::Follower { generation: current, .. } | Election::Leader { generation: current }) = self.state.election else {
            return;
        };
        if current != generation {
            return;
        }
        if !matches!(election, Election::Leader { .. }) {
            self.leave();
        }
        self.state.election = election;
        // The snapshot will say where the connection is to be opened.
        if !matches!(self.state.phase, Phase::Fetching(_)) {
            self.open();
        }
    }

    /// What a leader makes of a follower's message. Those of another leader, who does not know yet that it is none, are not for it.
    fn leader_hears(&mut self, message: TabMessage) {
        match message {
            TabMessage::Join(position) => {
                // Whoever joins may have found out that all is silent.
                self.check();
                match (&self.state.phase, &self.state.source) {
                    (_, Some(source)) if !reaches(&position, &source.past) => self.open_beside(position),
                    (&Phase::Waiting { since, length_ms, .. }, _) if left_ms(since, length_ms, self.moment.now) == 0 => self.open(),
                    _ => self.tell_followers(),
                }
            }
            TabMessage::RetryNow if matches!(self.state.phase, Phase::Waiting { .. }) => self.open(),
            _ => {}
        }
    }

    /// What a follower makes of the leader's message.
    fn follower_hears(&mut self, message: TabMessage) {
        let (is_live, is_event) = (self.state.is_live(), matches!(message, TabMessage::Received { .. }));
        if self.state.is_deaf || matches!(message, TabMessage::Join(_) | TabMessage::RetryNow) {
            return;
        }
        // Until it is told that the connection is open where it is, events are not for it, and no answer.
        if is_event && !is_live {
            return;
        }
        if let Election::Follower { asked, .. } = &mut self.state.election {
            *asked = None;
        }
        self.state.heard = self.moment.now;
        // It joins again once it has its snapshot.
        if matches!(self.state.phase, Phase::Fetching(_)) {
            return;
        }
        match message {
            TabMessage::Opening => self.enter(Phase::Opening),
            TabMessage::Waiting { left_ms, why } => self.wait_for(why, left_ms),
            TabMessage::Live { past, .. } | TabMessage::Received { past, .. } if !reaches(&self.state.position, &past) => self.open(),
            TabMessage::Live { past, greeting } if !is_live => self.live(past.to_string(), greeting),
            TabMessage::Received { id, kind, data, .. } => self.receive(id.parse().ok(), id, kind, data),
            _ => {}
        }
    }
}

/// Whether it is the source of that generation.
fn is(source: &Option<Source>, generation: u32) -> bool {
    source.as_ref().is_some_and(|source| source.generation == generation)
}
