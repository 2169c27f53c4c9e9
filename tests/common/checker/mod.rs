//! The checker: many users, pushers and readers around a program that is killed under them, on lines that are cut at random bytes, and
//! a verdict that counts what each reader lost, had twice, had in the wrong order or should not have had.
//!
//! One seed decides who does what, where lines are cut and when the program goes down.

mod reading;
mod verdict;
mod writing;

use super::{PATIENCE, Person, Program, Proxy};
use orderwire::server::{
    live::Bell,
    store::{Logged, Page, Store},
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

/// What is to be done.
pub struct Plan {
    pub seed: u64,
    pub customers: usize,
    pub staff: usize,
    pub readers_each: usize,
    pub lasts: Lasts,
    /// So many lines are cut before the program goes down, and goes down again.
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
    pub kills: usize,
    pub events: usize,
    pub readers: usize,
    pub seen: usize,
    pub faults: Faults,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Self { cuts, kills, events, readers, seen, faults } = self;
        let Faults { lost, repeated, out_of_order, foreign } = faults;
        write!(out, "cuts {cuts}, kills {kills}, events {events}, readers {readers}, seen {seen}, ")?;
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
pub async fn run(plan: Plan) -> Report {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let mut program = Program::start(&["--max-streams-per-user", "1000", "--keep-alive", "300ms"]);
    let proxy = Proxy::start(program.base.clone(), random.fork()).await;
    let (up, is_up) = watch::channel(true);
    let (stop, stopped) = watch::channel(false);
    let (end, the_end) = watch::channel(i64::MAX);
    let seen = Arc::new(AtomicUsize::new(0));

    let people = people(&program, &plan).await;
    let mut positions: HashMap<String, Vec<Position>> = HashMap::new();
    let mut reading = Vec::new();
    for (name, person) in &people {
        for _ in 0..plan.readers_each {
            // Who reads goes through the proxy; cookies are the host's, not the port's.
            let person = Person { base: proxy.base.clone(), ..person.clone() };
            let (position, at) = watch::channel(0);
            positions.entry(name.clone()).or_default().push(at);
            let reader = Reading { person, position, up: is_up.clone(), end: the_end.clone(), random: random.fork(), count: seen.clone() };
            reading.push((name.clone(), tokio::spawn(reader.read_to_the_end())));
        }
    }
    let stage = Arc::new(Stage { base: program.base.clone(), people, up: is_up, stopped, positions, acknowledged: Mutex::default() });
    let writing = stage.begin(&mut random);

    let (begun, mut said, mut kills) = (Instant::now(), Instant::now(), 0);
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
            println!("{:>4} s: cuts {cut}, kills {kills}, seen {}", begun.elapsed().as_secs(), seen.load(Ordering::Relaxed));
        }
        if cut >= fall_at {
            up.send_replace(false);
            program.crash_and_restart();
            up.send_replace(true);
            kills += 1;
            fall_at = cut + random.usize(plan.between_falls.clone());
        }
    }
    stop.send_replace(true);
    for writer in writing {
        writer.await.unwrap();
    }
    let log = log(&program).await;
    end.send_replace(log.last().map_or(0, |last| last.sequence));
    let mut faults = verdict::of_commits(&log, &stage.acknowledged.lock().unwrap());
    let readers = reading.len();
    for (name, reader) in reading {
        let (start, seen) = reader.await.unwrap();
        let staff = name.starts_with(STAFF);
        faults += judge(&seen, &verdict::meant_for(&log, &name, staff, start));
    }
    Report { cuts: *cuts.borrow(), kills, events: log.len(), readers, seen: seen.load(Ordering::Relaxed), faults }
}

/// What the names of staff begin with.
const STAFF: &str = "staff";

/// The plan's people, signed in.
async fn people(program: &Program, plan: &Plan) -> Vec<(String, Person)> {
    let customers = (0..plan.customers).map(|place| (format!("customer{place}"), false));
    let staff = (0..plan.staff).map(|place| (format!("{STAFF}{place}"), true));
    let mut people = Vec::new();
    for (name, staff) in customers.chain(staff) {
        program.add_user(&name, staff);
        let person = program.person(&name).await;
        people.push((name, person));
    }
    people
}

/// The whole log.
async fn log(program: &Program) -> Vec<Logged> {
    let store = Store::open(&program.database(), Bell::default()).await.unwrap();
    let mut log: Vec<Logged> = Vec::new();
    loop {
        let cursor = log.last().map_or(0, |last| last.sequence);
        match store.after(cursor, None).await.unwrap() {
            Page::Events { events, .. } if events.is_empty() => return log,
            Page::Events { events, .. } => log.extend(events),
            Page::Gone { .. } => panic!("the log was trimmed"),
        }
    }
}
