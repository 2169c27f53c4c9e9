//! A simulated server with its log, and a browser with tabs, locks and a channel between the tabs. Everything that can happen at once
//! happens in `settle`, in order; time passes with `pass` alone.

use super::{
    super::{
        input::{Input, Moment},
        report::ConnectionState,
        tab_message::TabMessage,
    },
    server::Server,
    tab::{KEEP_ALIVE_MS, Tab},
};
use crate::model::event::EventId;

/// How often the page checks for silence.
const CHECK_EVERY_MS: u64 = 2_000;

pub struct World {
    pub now: u64,
    pub online: bool,
    pub chance: f64,
    pub has_locks: bool,
    pub tabs: Vec<Tab>,
    pub server: Server,
    /// What a tab that hangs will say when it wakes.
    late: Vec<(usize, TabMessage)>,
}

impl World {
    /// A server with an empty log, and so many tabs of ada's.
    pub fn open(tabs: usize) -> Self {
        let mut world =
            Self { now: 1_000_000, online: true, chance: 0.5, has_locks: true, tabs: vec![], server: Server::start(), late: vec![] };
        for _ in 0..tabs {
            world.open_tab();
        }
        world
    }

    /// Opens another tab, rendered now, and returns its number.
    pub fn open_tab(&mut self) -> usize {
        self.open_tab_at(self.head())
    }

    pub fn open_tab_at(&mut self, cursor: EventId) -> usize {
        self.tabs.push(Tab::new("ada", cursor));
        let tab = self.tabs.len() - 1;
        self.input(tab, Input::Started);
        self.settle();
        tab
    }

    /// It is gone, with all that it had.
    pub fn close_tab(&mut self, tab: usize) {
        let last = self.tabs[tab].cursor.clone();
        self.tabs[tab] = Tab::new("nobody", last);
        self.settle();
    }

    /// Each open stream breaks.
    pub fn cut(&mut self) {
        for tab in 0..self.tabs.len() {
            for generation in self.tabs[tab].sources.iter().map(|source| source.generation).collect::<Vec<_>>() {
                self.input(tab, Input::Failed { generation, refused: false });
            }
        }
        self.settle();
    }

    /// The streams that are open.
    pub fn streams(&self) -> usize {
        self.tabs.iter().flat_map(|tab| &tab.sources).filter(|source| source.sent.is_some()).count()
    }

    pub fn input(&mut self, tab: usize, input: Input) {
        let (moment, log) = (Moment { now: self.now, chance: self.chance, online: self.online }, &self.server.log);
        let time_of = |sequence: i64| log.get(sequence as usize - 1).cloned().unwrap_or_default();
        self.tabs[tab].step(moment, input, &time_of);
    }

    /// The same, and all that follows from it at once.
    pub fn press(&mut self, tab: usize, input: Input) {
        self.input(tab, input);
        self.settle();
    }

    /// Lets time pass, each timer at its time.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            let due = self.tabs.iter().filter_map(|tab| tab.timer).map(|(_, due)| due).min().unwrap_or(end);
            let check = (self.now / CHECK_EVERY_MS + 1) * CHECK_EVERY_MS;
            let ping = (self.now / KEEP_ALIVE_MS + 1) * KEEP_ALIVE_MS;
            self.now = due.max(self.now).min(check).min(ping).min(end);
            for tab in 0..self.tabs.len() {
                if let Some((generation, _)) = self.tabs[tab].timer.take_if(|(_, due)| *due <= self.now) {
                    self.input(tab, Input::TimerFired { generation });
                }
                if self.now == check && !self.tabs[tab].hangs {
                    self.input(tab, Input::Checked);
                }
            }
            if self.now == ping && !self.server.is_silent {
                self.ping();
            }
            self.settle();
        }
    }

    /// Time jumps; of the timers that were due, each comes once.
    pub fn sleep(&mut self, ms: u64) {
        self.now += ms - 1;
        self.pass(1);
        (0..self.tabs.len()).for_each(|tab| self.press(tab, Input::Checked));
    }

    /// All that can happen without time passing.
    pub fn settle(&mut self) {
        for _ in 0..1_000 {
            let mut changed = false;
            for tab in 0..self.tabs.len() {
                changed |= self.grant(tab) || self.answer(tab) || self.stream(tab) || self.carry(tab);
            }
            if !changed {
                return;
            }
        }
        panic!("it never settles");
    }

    /// The lock manager's turn.
    fn grant(&mut self, tab: usize) -> bool {
        let Some(lock) = &mut self.tabs[tab].lock else { return false };
        let (generation, epoch, steal) = (lock.generation, lock.epoch.clone(), lock.steal);
        if !self.has_locks {
            self.input(tab, Input::LockRefused { generation });
            return true;
        }
        if lock.is_stolen && !self.tabs[tab].hangs {
            self.input(tab, Input::LockStolen { generation });
            return true;
        }
        let user = self.tabs[tab].user.clone();
        let shares = |other: &Tab| other.user == user && other.lock.as_ref().is_some_and(|lock| lock.epoch == epoch && lock.is_held);
        let holder = self.tabs.iter().position(shares);
        if holder.is_some() && !steal || holder == Some(tab) || self.tabs[tab].lock.as_ref().is_some_and(|lock| lock.is_stolen) {
            return false;
        }
        if let Some(lock) = holder.and_then(|holder| self.tabs[holder].lock.as_mut()) {
            (lock.is_held, lock.is_stolen) = (false, true);
        }
        if let Some(lock) = &mut self.tabs[tab].lock {
            lock.is_held = true;
        }
        self.input(tab, Input::LockGranted { generation });
        true
    }

    /// Brings what a tab has posted to the others that have joined.
    fn carry(&mut self, tab: usize) -> bool {
        let posted = std::mem::take(&mut self.tabs[tab].posted);
        if self.tabs[tab].hangs {
            self.late.extend(posted.into_iter().map(|message| (tab, message)));
            return false;
        }
        let any = !posted.is_empty();
        posted.into_iter().for_each(|message| self.deliver(tab, &message));
        any
    }

    fn deliver(&mut self, from: usize, message: &TabMessage) {
        let epoch = |tab: &Tab| tab.lock.as_ref().map(|lock| lock.epoch.clone());
        let (user, joined) = (self.tabs[from].user.clone(), epoch(&self.tabs[from]));
        for to in (0..self.tabs.len()).filter(|to| *to != from) {
            let tab = &self.tabs[to];
            if let Some(lock) = tab.lock.as_ref().filter(|_| tab.user == user && epoch(tab) == joined && !tab.hangs) {
                let generation = lock.generation;
                self.input(to, Input::TabMessage { generation, message: message.clone() });
            }
        }
    }

    /// Wakes a tab that hangs: what it has said comes now.
    pub fn wake(&mut self, tab: usize) {
        self.tabs[tab].hangs = false;
        for (from, message) in std::mem::take(&mut self.late) {
            self.deliver(from, &message);
        }
        self.settle();
    }

    /// The tabs are live, and have each of these events once, in order.
    pub fn expect_each(&self, tabs: &[usize], events: std::ops::RangeInclusive<i64>) {
        for tab in tabs {
            assert_eq!(self.tabs[*tab].applied, events.clone().collect::<Vec<_>>(), "tab {tab}");
            self.expect_live(*tab);
        }
    }

    /// The tab is live, and its page is at the end of the log.
    pub fn expect_live(&self, tab: usize) {
        let shown = self.tabs[tab].shown;
        assert!(matches!(shown, ConnectionState::Live | ConnectionState::CaughtUp(_)), "tab {tab}: {shown:?}");
        assert_eq!(self.tabs[tab].cursor, self.head(), "tab {tab}");
    }
}
