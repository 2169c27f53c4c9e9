//! The world around the tabs: the server's log, the lock manager, and the messages in flight. All that can happen next.

use super::{
    happening::Happening,
    machine::{CLOSED, HUNG, LockAction, Machine, Outcome, TabId},
};

/// How large a world is searched.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub tabs: usize,
    /// `e` is an event of this user, `-` one of somebody else.
    pub log: &'static str,
    /// The most messages that are in flight. One more, and any of them is lost.
    pub in_flight: u32,
    /// Besides: streams that are refused, pages that are left and come back to, the user's retry, and a log that is trimmed.
    pub all_faults: bool,
}

#[derive(Clone, Copy)]
pub struct World {
    /// In order: which tab is which makes no difference.
    pub tabs: [(TabId, Lock); 3],
    /// A set of message numbers. A message stays until it is lost, so that it may come late, twice, and after later ones.
    pub in_flight: u32,
    /// How long the log is.
    pub len: u8,
    /// Positions before this one cannot be served.
    pub floor: u8,
}

/// What the lock manager has to do with a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lock {
    None,
    Queued,
    /// The tab holds it, and may not have heard of it yet.
    Held,
    /// The same, and then it was stolen.
    Stolen,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Tab(u8, Happening),
    /// The lock manager grants the free lock to a tab.
    Assigned,
    Lost(u8),
    Appended,
    Trimmed,
    Closed,
    Hung,
    /// The lead is stolen from a tab that does not hang, only because it was slow to answer.
    StolenInHaste,
}

impl Event {
    /// Whether it is no fault, and nothing that anyone does: a world in which only such things happen must recover.
    pub fn is_benign(self) -> bool {
        match self {
            Event::Assigned | Event::Lost(_) => true,
            Event::Appended | Event::Trimmed | Event::Closed | Event::Hung | Event::StolenInHaste => false,
            Event::Tab(_, happening) => !matches!(
                happening,
                Happening::Opened(_)
                    | Happening::Hidden
                    | Happening::Retried
                    | Happening::Broke
                    | Happening::Refused
                    | Happening::BesideFailed
            ),
        }
    }
}

impl World {
    pub fn start() -> Self {
        Self { tabs: [(CLOSED, Lock::None); 3], in_flight: 0, len: 0, floor: 0 }
    }

    /// Another for each world, and never 0.
    pub fn key(&self) -> u64 {
        let tabs = self.tabs.iter().fold(0, |key, (tab, lock)| key << 9 | u64::from(*tab) << 2 | *lock as u64);
        assert!(self.in_flight < 1 << 24 && self.tabs.iter().all(|(tab, _)| *tab < 1 << 7) && self.len < 4, "the key is too small");
        tabs << 29 | u64::from(self.in_flight) << 5 | u64::from(self.len) << 3 | u64::from(self.floor) << 1 | 1
    }

    /// What must hold between the tabs.
    pub fn check(&self, machine: &Machine) -> Result<(), String> {
        for (tab, lock) in self.tabs.iter().filter(|(tab, _)| !matches!(*tab, CLOSED | HUNG)) {
            let view = machine.view(*tab);
            if view.leads && !matches!(lock, Lock::Held | Lock::Stolen) {
                return Err("a tab leads that knows that it does not hold the lock".into());
            }
            if view.joined != (*lock != Lock::None) {
                return Err(format!("the lock manager has {lock:?} for a tab that has joined: {}", view.joined));
            }
            if view.suspended && view.joined {
                return Err("a page that is left takes part in the election".into());
            }
            if view.position > i64::from(self.len) {
                return Err("a page has events that have not happened".into());
            }
        }
        if self.tabs.iter().filter(|(_, lock)| *lock == Lock::Held).count() > 1 {
            return Err("two tabs hold the lock".into());
        }
        Ok(())
    }

    /// Each open tab that does not hang is live and has all events, and one of them leads for good.
    pub fn is_well(&self, machine: &Machine) -> bool {
        let mut open =
            self.tabs.iter().filter(|(tab, _)| !matches!(*tab, CLOSED | HUNG)).map(|(tab, lock)| (machine.view(*tab), lock)).peekable();
        let none = open.peek().is_none();
        let mut leaders = 0;
        let well = open.all(|(view, lock)| {
            leaders += usize::from(view.leads && *lock == Lock::Held && view.source == Some(view.position));
            view.is_live && view.position == i64::from(self.len) && (view.leads || *lock == Lock::Queued) && !view.has_beside
        });
        well && (none || leaders == 1)
    }

    /// All that can happen next, and what it leads to.
    pub fn next(&self, bounds: &Bounds, machine: &mut Machine, found: &mut Vec<(Event, World)>) -> Result<(), (Event, String)> {
        if usize::from(self.len) < bounds.log.len() {
            found.push((Event::Appended, World { len: self.len + 1, ..*self }));
        }
        if bounds.all_faults && self.floor == 0 && self.len > 0 {
            found.push((Event::Trimmed, World { floor: self.len, ..*self }));
        }
        for message in bits(self.in_flight) {
            found.push((Event::Lost(message), World { in_flight: self.in_flight & !(1 << message), ..*self }));
        }
        let mut happenings = vec![];
        for number in (0..bounds.tabs).filter(|number| *number == 0 || self.tabs[*number] != self.tabs[number - 1]) {
            let (tab, lock) = self.tabs[number];
            if tab != CLOSED {
                let mut world = *self;
                world.tabs[number] = (CLOSED, Lock::None);
                found.push((Event::Closed, world.sorted(bounds)));
            }
            if lock == Lock::Queued && self.tabs.iter().all(|(_, lock)| *lock != Lock::Held) {
                let mut world = *self;
                world.tabs[number].1 = Lock::Held;
                found.push((Event::Assigned, world.sorted(bounds)));
            }
            if !matches!(tab, CLOSED | HUNG) {
                let mut world = *self;
                world.tabs[number].0 = HUNG;
                found.push((Event::Hung, world.sorted(bounds)));
            }
            happenings.clear();
            self.happenings(number, bounds, machine, &mut happenings);
            for happening in &happenings {
                let mut event = Event::Tab(number as u8, *happening);
                let outcome = machine.step(tab, *happening).map_err(|error| (event, error))?;
                let steals = outcome.locks.iter().any(|action| matches!(action, LockAction::Request { steal: true }));
                if steals && self.tabs.iter().any(|(tab, lock)| *lock == Lock::Held && *tab != HUNG) {
                    event = Event::StolenInHaste;
                }
                let mut world = *self;
                world.tabs[number].0 = outcome.tab;
                if *happening == Happening::Stolen {
                    world.tabs[number].1 = Lock::None;
                }
                world.follow_locks(number, &outcome);
                world.sorted(bounds).post(&outcome.posts, bounds, &mut |world| found.push((event, world)));
            }
        }
        Ok(())
    }

    /// What can happen to a tab. Where it would change nothing, it is left out.
    fn happenings(&self, number: usize, bounds: &Bounds, machine: &Machine, to: &mut Vec<Happening>) {
        let ((tab, lock), len, floor) = (self.tabs[number], i64::from(self.len), i64::from(self.floor));
        match tab {
            CLOSED => return to.extend((0..=len).map(Happening::Opened)),
            HUNG => return,
            _ => {}
        }
        let view = machine.view(tab);
        if bounds.all_faults {
            to.push(if view.suspended { Happening::Restored } else { Happening::Hidden });
        }
        to.push(Happening::Checked);
        if view.waiting && bounds.all_faults {
            to.push(Happening::Retried);
        }
        if view.has_timer {
            to.push(Happening::TimerFired);
        }
        if view.looking_up {
            to.push(Happening::LookedUp);
        }
        if view.fetching {
            to.push(Happening::Fetched(len));
        }
        if let Some(past) = view.source {
            to.push(Happening::Broke);
            match (view.is_live, machine.next_event(past, len)) {
                (true, _) if past < floor => to.push(Happening::Resynced(len)),
                (true, Some(next)) => to.push(Happening::Said(next)),
                (true, None) if past < len => to.push(Happening::Pinged(len)),
                (true, None) => {}
                (false, _) => {
                    if bounds.all_faults {
                        to.push(Happening::Refused);
                    }
                    to.push(Happening::Connected);
                }
            }
        }
        if view.has_beside {
            to.push(Happening::BesideFailed);
            to.push(Happening::BesideConnected);
        }
        match lock {
            Lock::Held | Lock::Stolen if !view.leads => to.push(Happening::Granted),
            Lock::Stolen => to.push(Happening::Stolen),
            _ => {}
        }
        if view.joined {
            to.extend(bits(self.in_flight).map(Happening::Heard));
        }
    }

    fn follow_locks(&mut self, number: usize, outcome: &Outcome) {
        for action in &outcome.locks {
            if let LockAction::Request { steal: true } = action
                && let Some((_, lock)) = self.tabs.iter_mut().find(|(_, lock)| *lock == Lock::Held)
            {
                *lock = Lock::Stolen;
            }
            self.tabs[number].1 = match action {
                LockAction::Release => Lock::None,
                LockAction::Request { steal: false } => Lock::Queued,
                LockAction::Request { steal: true } => Lock::Held,
            };
        }
    }

    /// With so many messages more in flight; where there are too many, once for each that may be lost.
    fn post(self, posts: &[u8], bounds: &Bounds, found: &mut impl FnMut(World)) {
        let Some((first, rest)) = posts.split_first() else { return found(self) };
        let in_flight = self.in_flight | 1 << first;
        if in_flight.count_ones() <= bounds.in_flight {
            return World { in_flight, ..self }.post(rest, bounds, found);
        }
        for lost in bits(in_flight) {
            World { in_flight: in_flight & !(1 << lost), ..self }.post(rest, bounds, found);
        }
    }

    fn sorted(mut self, bounds: &Bounds) -> Self {
        self.tabs[..bounds.tabs].sort_unstable();
        self
    }
}

fn bits(mut set: u32) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let bit = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (bit < 32).then_some(bit as u8)
    })
}
