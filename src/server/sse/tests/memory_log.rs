//! An [`EventLog`] in memory, which can be trimmed, go back, and fail.

use super::*;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::watch;

/// Events of one page: few, so that streams read several.
const PAGE: usize = 10;

#[derive(Clone)]
pub struct MemoryLog {
    state: Arc<Mutex<State>>,
    pub commits: CommitNotifier,
    /// How often the log was read and could not be.
    failures: watch::Sender<usize>,
}

struct State {
    bounds: Bounds,
    events: Vec<LogEvent>,
    epochs: usize,
    fails: bool,
}

impl MemoryLog {
    pub fn new() -> Self {
        let bounds = Bounds { epoch: "e0".into(), head: 0, floor: 0 };
        let state = State { bounds, events: Vec::new(), epochs: 0, fails: false };
        Self { state: Arc::new(Mutex::new(state)), commits: CommitNotifier::default(), failures: watch::Sender::new(0) }
    }

    pub fn now(&self) -> Bounds {
        self.lock().bounds.clone()
    }

    /// Appends an event and notifies; returns its id.
    pub fn append(&self, audience: Audience) -> String {
        let mut state = self.lock();
        state.bounds.head += 1;
        let sequence = state.bounds.head;
        state.events.push(LogEvent { sequence, audience, kind: "note".into(), data: "{}".into() });
        let id = state.bounds.end().to_string();
        drop(state);
        self.commits.notify();
        id
    }

    /// Deletes all events up to the head.
    pub fn trim(&self) {
        let mut state = self.lock();
        state.bounds.floor = state.bounds.head;
        state.events.clear();
    }

    /// Goes back to an earlier head, as a restored backup does, and begins a new epoch.
    pub fn go_back(&self, head: i64) {
        let mut state = self.lock();
        state.epochs += 1;
        state.bounds = Bounds { epoch: format!("e{}", state.epochs), head, floor: 0 };
        state.events.retain(|event| event.sequence <= head);
        drop(state);
        self.commits.notify();
    }

    pub fn fail(&self, fails: bool) {
        self.lock().fails = fails;
    }

    /// Waits until the log was read in vain so often from now on.
    pub async fn failed(&self, times: usize) {
        let mut failures = self.failures.subscribe();
        let enough = *failures.borrow() + times;
        timeout(PATIENCE, failures.wait_for(|failures| *failures >= enough)).await.expect("nobody reads").unwrap();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn read(&self) -> Result<MutexGuard<'_, State>, &'static str> {
        let state = self.lock();
        if state.fails {
            self.failures.send_modify(|failures| *failures += 1);
            return Err("the disk is gone");
        }
        Ok(state)
    }
}

impl EventLog for MemoryLog {
    type Error = &'static str;

    async fn bounds(&self) -> Result<Bounds, Self::Error> {
        Ok(self.read()?.bounds.clone())
    }

    async fn after(&self, cursor: i64, subscriber: Option<&Subscriber>) -> Result<Page, Self::Error> {
        let state = self.read()?;
        let past = state.events.iter().filter(|event| event.sequence > cursor);
        let theirs = past.filter(|event| subscriber.is_none_or(|subscriber| event.audience.includes(subscriber)));
        let events: Vec<_> = theirs.take(PAGE).cloned().collect();
        let through = events.get(PAGE - 1).map_or(state.bounds.head, |last| last.sequence);
        Ok(Page { bounds: state.bounds.clone(), events, through })
    }
}
