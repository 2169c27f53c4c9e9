//! A simulated tab: the machine, and a driver that takes its effects down instead of running them.

use super::super::{
    effect::Effect,
    input::{Input, Moment},
    machine,
    report::{ConnectionState, RetryReason},
    state::State,
    tab_message::TabMessage,
};
use crate::model::{
    event::EventId,
    snapshot::{Filter, Snapshot},
    user::{Role, User},
};

pub const KEEP_ALIVE_MS: u64 = 30_000;

pub struct Tab {
    state: Option<State>,
    pub user: String,
    /// Up to where the page has been read.
    pub cursor: EventId,
    pub shown: ConnectionState,
    /// Each state that was shown.
    pub states: Vec<ConnectionState>,
    pub sources: Vec<Source>,
    /// How many sources it has opened.
    pub asked: usize,
    pub timer: Option<(u32, u64)>,
    pub look_up: Option<u32>,
    pub fetch: Option<u32>,
    pub lock: Option<Lock>,
    pub posted: Vec<TabMessage>,
    /// The sequence of each event that was applied, in order.
    pub applied: Vec<i64>,
    /// The id and type of each event that was received.
    pub received: Vec<(String, String)>,
    pub resynced: usize,
    pub stats: usize,
    /// It does nothing, and what it says comes late.
    pub hangs: bool,
}

pub struct Source {
    pub generation: u32,
    pub after: EventId,
    /// Up to where the server has sent; `None` before it has answered.
    pub sent: Option<EventId>,
}

pub struct Lock {
    pub generation: u32,
    pub epoch: String,
    pub steal: bool,
    pub is_held: bool,
    pub is_stolen: bool,
}

pub fn id(sequence: i64) -> EventId {
    EventId { epoch: "e".into(), sequence }
}

pub fn state(user: &str, cursor: EventId) -> State {
    let Snapshot { user, cursor, keep_alive_ms, .. } = snapshot(user, cursor);
    State::new(user, cursor, keep_alive_ms)
}

pub fn snapshot(user: &str, cursor: EventId) -> Snapshot {
    Snapshot {
        cursor,
        user: User { username: user.into(), role: Role::Customer },
        orders: vec![],
        filter: Filter::default(),
        older: false,
        places: 0,
        tallies: None,
        notifications: vec![],
        unread: 0,
        console_stats: None,
        keep_alive_ms: KEEP_ALIVE_MS,
    }
}

impl Tab {
    pub fn new(user: &str, cursor: EventId) -> Self {
        Self {
            state: Some(state(user, cursor.clone())),
            user: user.into(),
            cursor,
            shown: ConnectionState::Opening,
            states: vec![],
            sources: vec![],
            asked: 0,
            timer: None,
            look_up: None,
            fetch: None,
            lock: None,
            posted: vec![],
            applied: vec![],
            received: vec![],
            resynced: 0,
            stats: 0,
            hangs: false,
        }
    }

    pub fn leads(&self) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.is_held)
    }

    /// The seconds of the count-down that is shown.
    pub fn waits(&self) -> Option<(u32, RetryReason)> {
        if let ConnectionState::Waiting { seconds, why } = self.shown { Some((seconds, why)) } else { None }
    }

    /// Steps the machine. `time_of` tells when an event of the log happened.
    pub fn step(&mut self, moment: Moment, input: Input, time_of: &dyn Fn(i64) -> String) {
        let mut queue = vec![input];
        while !queue.is_empty() {
            let (state, effects) = machine::step(self.state.take().unwrap(), moment, queue.remove(0));
            self.state = Some(state);
            for effect in effects {
                self.run(moment.now, effect, time_of, &mut queue);
            }
        }
    }

    fn run(&mut self, now: u64, effect: Effect, time_of: &dyn Fn(i64) -> String, queue: &mut Vec<Input>) {
        match effect {
            Effect::OpenSource { generation, after } => {
                self.asked += 1;
                self.sources.push(Source { generation, after, sent: None });
            }
            Effect::CloseSource { generation } => self.sources.retain(|source| source.generation != generation),
            Effect::LookUpRefusal { generation, .. } => self.look_up = Some(generation),
            Effect::FetchSnapshot { generation } => self.fetch = Some(generation),
            Effect::StartTimer { generation, after_ms } => self.timer = Some((generation, now + after_ms)),
            Effect::RequestLock { generation, epoch, steal } => {
                self.lock = Some(Lock { generation, epoch, steal, is_held: false, is_stolen: false });
            }
            Effect::ReleaseLock => self.lock = None,
            Effect::Post(message) => self.posted.push(message),
            Effect::Apply { position, .. } => {
                self.applied.push(position.sequence);
                queue.push(Input::Applied { time: Some(time_of(position.sequence)) });
                self.cursor = position;
            }
            Effect::MoveTo(position) => self.cursor = position,
            Effect::Replace(snapshot) => {
                self.cursor = snapshot.cursor;
                self.resynced += 1;
            }
            Effect::ShowStats(_) => self.stats += 1,
            Effect::Note(received) => self.received.push((received.id, received.kind)),
            Effect::Show(state) => {
                self.shown = state;
                self.states.push(state);
            }
        }
    }
}
