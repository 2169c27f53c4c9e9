//! The checker: many users, pushers and readers around a program, or several, that fall under them, on lines that are cut at random bytes, and
//! a verdict that counts what each reader lost, had twice, had in the wrong order or should not have had.
//!
//! One seed decides who does what, where lines are cut and when something falls.

mod reading;
mod verdict;
mod writing;

use super::{PATIENCE, Person, Program, Proxy, add_user};
use orderwire::server::{
    sse::{CommitNotifier, EventLog, LogEvent},
    store::Store,
};
use reading::{Position, Reading};
use std::{
    collections::HashMap,
    fmt,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::timeout};
use writing::Stage;

pub use verdict::{Faults, judge};

/// What the checker checks: the program, or several of them behind one address.
pub trait Ground {
    /// Whether it answers at every moment, if only to say that it cannot now. Else nothing is asked while it falls.
    const ALWAYS_ANSWERS: bool;

    /// The address that people use.
    fn base(&self) -> String;

    fn database(&self) -> String;

    /// Lets something fall and rise again.
    async fn fall(&mut self, random: &mut fastrand::Rng);

    /// The Redis into whose `push.events` some pushes go, if there is one.
    fn queue(&self) -> Option<String> {
        None
    }
}

impl Ground for Program {
    const ALWAYS_ANSWERS: bool = false;

    fn base(&self) -> String {
        self.base.clone()
    }

    fn database(&self) -> String {
        self.database()
    }

    async fn fall(&mut self, _: &mut fastrand::Rng) {
        self.crash_and_restart();
    }
}

/// What a program is started with, so that the checker's readers find their seats, and hear soon of a line that is dead.
pub const FLAGS: [&str; 4] = ["--max-streams-per-user", "1000", "--keep-alive", "300ms"];

/// What is to be done.
pub struct Plan {
    pub seed: u64,
    pub customers: usize,
    pub staff: usize,
    pub readers_each: usize,
    pub lasts: Lasts,
    /// So many lines are cut before something falls, and falls again.
    pub between_falls: Range<usize>,
    /// How often to say how it goes.
    pub say_every: Option<Duration>,
}

/// When it has been enough.
#[derive(Clone, Copy)]
pub enum Lasts {
    Cuts(usize),
    Time(Duration),
}

/// What has been found.
pub struct Report {
    pub cuts: usize,
    pub falls: usize,
    pub events: usize,
    pub readers: usize,
    pub seen: usize,
    pub faults: Faults,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Self { cuts, falls, events, readers, seen, faults } = self;
        let Faults { lost, repeated, out_of_order, foreign } = faults;
        write!(out, "cuts {cuts}, falls {falls}, events {events}, readers {readers}, seen {seen}, ")?;
        write!(out, "lost {lost}, repeated {repeated}, out of order {out_of_order}, altered or another's {foreign}")
    }
}

/// The seed that `SEED` in the environment asks for, or a new one; printed, so that a run can be had again.
pub fn seed() -> u64 {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    seed
}

/// Carries out the plan.
pub async fn run<G: Ground>(plan: Plan, ground: &mut G) -> Report {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let proxy = Proxy::start(ground.base(), random.fork()).await;
    let (up, is_up) = watch::channel(true);
    let (stop, stopped) = watch::channel(false);
    let (end, the_end) = watch::channel(i64::MAX);
    let seen = Arc::new(AtomicUsize::new(0));

    let people = people(ground, &plan).await;
    let mut positions: HashMap<String, Vec<Position>> = HashMap::new();
    let mut reading = Vec::new();
    for (name, person) in &people {
        for _ in 0..plan.readers_each {
            let (page, person) = (person.clone(), person.at(&proxy.base));
            let (position, at) = watch::channel(0);
            positions.entry(name.clone()).or_default().push(at);
            let (up, end, count) = (is_up.clone(), the_end.clone(), seen.clone());
            let reader = Reading { person, page, position, up, may_refuse: G::ALWAYS_ANSWERS, end, random: random.fork(), count };
            reading.push((name.clone(), tokio::spawn(reader.read_to_the_end())));
        }
    }
    let stage = Arc::new(Stage {
        base: ground.base(),
        queue: ground.queue().map(|url| redis::Client::open(url).unwrap()),
        people,
        up: is_up,
        may_refuse: G::ALWAYS_ANSWERS,
        stopped,
        positions,
        acknowledged: Mutex::default(),
    });
    let writing = stage.begin(&mut random);

    let (begun, mut said, mut falls) = (Instant::now(), Instant::now(), 0);
    let mut cuts = proxy.cuts.subscribe();
    let over = |cuts: usize| match plan.lasts {
        Lasts::Cuts(enough) => cuts >= enough,
        Lasts::Time(time) => begun.elapsed() >= time,
    };
    let mut fall_at = random.usize(plan.between_falls.clone());
    while !over(*cuts.borrow_and_update()) {
        timeout(PATIENCE, cuts.changed()).await.expect("nothing happens").unwrap();
        let cut = *cuts.borrow_and_update();
        if plan.say_every.is_some_and(|every| said.elapsed() >= every) {
            said = Instant::now();
            println!("{:>4} s: cuts {cut}, falls {falls}, seen {}", begun.elapsed().as_secs(), seen.load(Ordering::Relaxed));
        }
        if cut >= fall_at {
            up.send_replace(G::ALWAYS_ANSWERS);
            ground.fall(&mut random).await;
            up.send_replace(true);
            falls += 1;
            fall_at = cut + random.usize(plan.between_falls.clone());
        }
    }
    stop.send_replace(true);
    for writer in writing {
        writer.await.unwrap();
    }
    stage.until_the_queue_is_empty().await;
    let log = log(&ground.database()).await;
    end.send_replace(log.last().map_or(0, |last| last.sequence));
    let mut faults = verdict::of_commits(&log, &stage.acknowledged.lock().unwrap());
    let readers = reading.len();
    for (name, reader) in reading {
        let (start, seen) = reader.await.unwrap();
        let staff = name.starts_with(STAFF);
        faults += judge(&seen, &verdict::meant_for(&log, &name, staff, start));
    }
    Report { cuts: *cuts.borrow(), falls, events: log.len(), readers, seen: seen.load(Ordering::Relaxed), faults }
}

/// What the names of staff begin with.
const STAFF: &str = "staff";

/// The plan's people, signed in.
async fn people(ground: &impl Ground, plan: &Plan) -> Vec<(String, Person)> {
    let customers = (0..plan.customers).map(|place| (format!("customer{place}"), false));
    let staff = (0..plan.staff).map(|place| (format!("{STAFF}{place}"), true));
    let mut people = Vec::new();
    for (name, staff) in customers.chain(staff) {
        add_user(&ground.database(), &name, staff);
        let person = Person::sign_in(&ground.base(), &name).await;
        people.push((name, person));
    }
    people
}

/// The whole log.
async fn log(database: &str) -> Vec<LogEvent> {
    let store = Store::open(database, CommitNotifier::default()).await.unwrap();
    let mut log: Vec<LogEvent> = Vec::new();
    loop {
        let cursor = log.last().map_or(0, |last| last.sequence);
        let page = store.after(cursor, None).await.unwrap();
        assert!(cursor >= page.bounds.floor, "the log was trimmed");
        if page.events.is_empty() {
            return log;
        }
        log.extend(page.events);
    }
}
