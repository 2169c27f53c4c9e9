//! The machine as the search sees it: its states without times and numbers, and each step computed once.

use super::super::{
    super::{
        effect::Effect,
        input::Moment,
        machine,
        report::RetryReason,
        state::{Election, Phase, Source, State},
        tab_message::{Greeting, TabMessage},
    },
    tab::{id, state},
};
use super::{
    happening::{BESIDE, Happening, LOCK, LONG_MS, REQUEST, SOURCE, TIMER},
    numbers::Mix,
};
use std::{collections::HashMap, hash::BuildHasherDefault, rc::Rc};

/// A state's number.
pub type TabId = u16;
pub const CLOSED: TabId = 0;
/// It hangs for good: nothing happens to it any more.
pub const HUNG: TabId = 1;

/// What a step leads to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub tab: TabId,
    pub posts: Vec<u8>,
    pub locks: Vec<LockAction>,
}

#[derive(Clone, Copy, Debug)]
pub enum LockAction {
    Release,
    Request { steal: bool },
}

/// What the world needs to know of a tab's state.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub position: i64,
    pub is_live: bool,
    pub leads: bool,
    pub joined: bool,
    pub suspended: bool,
    pub waiting: bool,
    pub looking_up: bool,
    pub fetching: bool,
    pub has_timer: bool,
    pub source: Option<i64>,
    pub has_beside: bool,
}

pub struct Machine {
    log: &'static [u8],
    states: Vec<State>,
    views: Vec<View>,
    ids: HashMap<String, TabId>,
    messages: Vec<TabMessage>,
    steps: HashMap<(TabId, Happening), Rc<Outcome>, BuildHasherDefault<Mix>>,
}

impl Machine {
    pub fn new(log: &'static str) -> Self {
        let mut machine =
            Self { log: log.as_bytes(), states: vec![], views: vec![], ids: HashMap::new(), messages: vec![], steps: HashMap::default() };
        // These have a state too, which nobody looks at.
        machine.intern(state("closed", id(0)));
        machine.intern(state("hung", id(0)));
        machine
    }

    pub fn view(&self, tab: TabId) -> View {
        self.views[tab as usize]
    }

    /// How many states and steps of one tab there are.
    pub fn size(&self) -> (usize, usize) {
        (self.states.len(), self.steps.len())
    }

    pub fn message(&self, number: u8) -> &TabMessage {
        &self.messages[number as usize]
    }

    pub fn state(&self, tab: TabId) -> &State {
        &self.states[tab as usize]
    }

    /// The next event of this user after a position, if there is one up to `len`.
    pub fn next_event(&self, past: i64, len: i64) -> Option<i64> {
        (past + 1..=len).find(|position| self.log[*position as usize - 1] == b'e')
    }

    pub fn step(&mut self, tab: TabId, happening: Happening) -> Result<Rc<Outcome>, String> {
        if let Some(outcome) = self.steps.get(&(tab, happening)) {
            return Ok(Rc::clone(outcome));
        }
        let outcome = Rc::new(self.compute(tab, happening)?);
        self.steps.insert((tab, happening), Rc::clone(&outcome));
        Ok(outcome)
    }

    fn compute(&mut self, tab: TabId, happening: Happening) -> Result<Outcome, String> {
        let mut state = match happening {
            Happening::Opened(position) => normal(state("ada", id(position))),
            _ => self.states[tab as usize].clone(),
        };
        let mut outcome = Outcome { tab, posts: vec![], locks: vec![] };
        for (now, input) in happening.inputs(&self.messages) {
            let before = state.clone();
            let (after, effects) = machine::step(state, Moment { now, chance: 0.5, online: true }, input);
            self.check(&before, &after, &effects)?;
            for effect in effects {
                match effect {
                    Effect::Post(message) => {
                        let number = self.number(message);
                        if !outcome.posts.contains(&number) {
                            outcome.posts.push(number);
                        }
                    }
                    Effect::ReleaseLock => outcome.locks.push(LockAction::Release),
                    Effect::RequestLock { steal, .. } => outcome.locks.push(LockAction::Request { steal }),
                    _ => {}
                }
            }
            state = after;
        }
        outcome.tab = self.intern(normal(state));
        Ok(outcome)
    }

    /// What must hold in each step of one tab.
    fn check(&self, before: &State, after: &State, effects: &[Effect]) -> Result<(), String> {
        let mut position = before.position.sequence;
        let mut open: Vec<u32> = [&before.source, &before.beside].into_iter().flatten().map(|source| source.generation).collect();
        for effect in effects {
            match effect {
                Effect::Apply { position: next, .. } => {
                    if self.next_event(position, next.sequence) != Some(next.sequence) {
                        return Err(format!("event {} is applied to a page at {position}", next.sequence));
                    }
                    position = next.sequence;
                }
                Effect::MoveTo(next) => {
                    if next.sequence < position || self.next_event(position, next.sequence).is_some() {
                        return Err(format!("a page at {position} moves to {}", next.sequence));
                    }
                    position = next.sequence;
                }
                Effect::Replace(snapshot) => {
                    if snapshot.cursor.sequence < position {
                        return Err(format!("a page at {position} is taken back to {}", snapshot.cursor.sequence));
                    }
                    position = snapshot.cursor.sequence;
                }
                Effect::OpenSource { generation, .. } => open.push(*generation),
                Effect::CloseSource { generation } => open.retain(|open| open != generation),
                _ => {}
            }
        }
        if after.position.sequence != position {
            return Err(format!("it believes that its page is at {}, which is at {position}", after.position.sequence));
        }
        let held: Vec<u32> = [&after.source, &after.beside].into_iter().flatten().map(|source| source.generation).collect();
        if held != open {
            return Err(format!("the sources {open:?} are open, and it knows of {held:?}"));
        }
        if !held.is_empty() && !after.leads() {
            return Err("a source is open in a tab that does not lead".into());
        }
        if after.beside.is_some() && after.source.is_none() {
            return Err("a source is beside none".into());
        }
        Ok(())
    }

    fn number(&mut self, mut message: TabMessage) -> u8 {
        match &mut message {
            TabMessage::Waiting { left_ms, .. } => *left_ms = 1_000,
            TabMessage::Live { greeting, .. } => *greeting = no_greeting(),
            _ => {}
        }
        let known = self.messages.iter().position(|other| *other == message);
        known.unwrap_or_else(|| {
            self.messages.push(message);
            self.messages.len() - 1
        }) as u8
    }

    fn intern(&mut self, state: State) -> TabId {
        let next = self.states.len() as TabId;
        let tab = *self.ids.entry(format!("{state:?}")).or_insert(next);
        if tab == next {
            let past = |source: &Option<Source>| source.as_ref().map(|source| source.past.sequence);
            self.views.push(View {
                position: state.position.sequence,
                is_live: state.is_live(),
                leads: state.leads(),
                joined: state.leads() || state.follows(),
                suspended: state.phase == Phase::Suspended,
                waiting: matches!(state.phase, Phase::Waiting { .. }),
                looking_up: matches!(state.phase, Phase::LookingUp(_)),
                fetching: matches!(state.phase, Phase::Fetching(_)),
                has_timer: state.timer.is_some(),
                source: past(&state.source),
                has_beside: state.beside.is_some(),
            });
            self.states.push(state);
        }
        tab
    }
}

/// The same state without its times, and with the generations numbered alike: what happens next does not depend on them.
fn normal(mut state: State) -> State {
    (state.heard, state.patience_ms, state.generation, state.backoff) = (0, LONG_MS / 2, LOCK, Default::default());
    if let Some(source) = &mut state.source {
        source.generation = SOURCE;
    }
    if let Some(beside) = &mut state.beside {
        beside.generation = BESIDE;
    }
    state.timer = state.timer.map(|_| TIMER);
    match &mut state.phase {
        Phase::Live { since, greeting, .. } => (*since, *greeting) = (0, no_greeting()),
        Phase::LookingUp(generation) | Phase::Fetching(generation) => *generation = REQUEST,
        Phase::Waiting { since, length_ms, why } => (*since, *length_ms, *why) = (0, 1_000, RetryReason::Broken),
        _ => {}
    }
    match &mut state.election {
        Election::Follower { generation, asked } => (*generation, *asked) = (LOCK, asked.map(|_| 0)),
        Election::Leader { generation } => *generation = LOCK,
        _ => {}
    }
    state.shown = state.connection_state(0);
    state
}

fn no_greeting() -> Greeting {
    Greeting { data: String::new(), opened: String::new(), ahead: 0 }
}
