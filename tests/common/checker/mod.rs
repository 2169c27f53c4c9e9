//! The checker: many users write and read while faults are injected and connections are cut at random bytes; a verdict counts what each
//! client lost, received twice, received out of order, or should not have received.
//!
//! One seed decides who does what, where connections are cut and when a fault is injected.

mod client;
mod failing;
mod verdict;
mod workload;

use super::{PATIENCE, Program, Proxy, TestUser, add_user};
use client::{Position, ResumingClient};
use orderwire::server::{
    sse::{CommitNotifier, EventLog, LogEvent},
    store::Store,
};
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
use workload::Workload;

pub use failing::{CLUSTER_FAULTS, FailingCluster, FailingProgram};
pub use verdict::{Anomalies, judge};

/// The program, or several instances behind one address.
pub trait SystemUnderTest {
    /// Whether it always answers, if only with a 5xx. Otherwise, nothing is sent to it during a fault.
    const ALWAYS_ANSWERS: bool;

    /// The address that users use.
    fn base(&self) -> String;

    fn database(&self) -> String;

    /// Injects one fault, and ends it. Returns its name.
    async fn inject_fault(&mut self, random: &mut fastrand::Rng) -> &'static str;

    /// The Redis whose `push.events` takes some of the pushes, if there is one.
    fn queue(&self) -> Option<String> {
        None
    }
}

impl SystemUnderTest for Program {
    const ALWAYS_ANSWERS: bool = false;

    fn base(&self) -> String {
        self.base.clone()
    }

    fn database(&self) -> String {
        self.database()
    }

    async fn inject_fault(&mut self, _: &mut fastrand::Rng) -> &'static str {
        self.crash_and_restart();
        "the program killed"
    }
}

/// Flags for the program: room for the checker's streams, and a keep-alive that soon finds a dead connection.
pub const FLAGS: [&str; 4] = ["--max-streams-per-user", "1000", "--keep-alive", "300ms"];

/// What a run does.
pub struct Plan {
    pub seed: u64,
    pub customers: usize,
    pub staff: usize,
    pub clients_each: usize,
    pub until: Until,
    /// The number of cuts between two faults.
    pub cuts_between_faults: Range<usize>,
    /// How often progress is printed.
    pub progress_every: Option<Duration>,
}

/// When a run ends.
#[derive(Clone, Copy)]
pub enum Until {
    Cuts(usize),
    Time(Duration),
}

/// What a run has found.
pub struct Report {
    pub cuts: usize,
    pub faults: usize,
    pub events: usize,
    pub clients: usize,
    pub seen: usize,
    pub anomalies: Anomalies,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Self { cuts, faults, events, clients, seen, anomalies } = self;
        let Anomalies { lost, repeated, out_of_order, foreign } = anomalies;
        write!(out, "cuts {cuts}, faults {faults}, events {events}, clients {clients}, seen {seen}, ")?;
        write!(out, "lost {lost}, repeated {repeated}, out of order {out_of_order}, altered or another's {foreign}")
    }
}

/// The seed in the environment's `SEED`, or a new one; printed, so that a run can be repeated.
pub fn seed() -> u64 {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    seed
}

/// Runs the plan.
pub async fn run<G: SystemUnderTest>(plan: Plan, system: &mut G) -> Report {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let proxy = Proxy::start(system.base(), random.fork()).await;
    let (up, is_up) = watch::channel(true);
    let (stop, stopped) = watch::channel(false);
    let (end, the_end) = watch::channel(i64::MAX);
    let seen = Arc::new(AtomicUsize::new(0));

    let users = users(system, &plan).await;
    let mut positions: HashMap<String, Vec<Position>> = HashMap::new();
    let mut clients = Vec::new();
    for (name, user) in &users {
        for _ in 0..plan.clients_each {
            let (direct, user) = (user.clone(), user.at(&proxy.base));
            let (position, at) = watch::channel(0);
            positions.entry(name.clone()).or_default().push(at);
            let (up, end, count) = (is_up.clone(), the_end.clone(), seen.clone());
            let client = ResumingClient { user, direct, position, up, may_refuse: G::ALWAYS_ANSWERS, end, random: random.fork(), count };
            clients.push((name.clone(), tokio::spawn(client.read_to_the_end())));
        }
    }
    let workload = Arc::new(Workload {
        base: system.base(),
        queue: system.queue().map(|url| redis::Client::open(url).unwrap()),
        users,
        up: is_up,
        may_refuse: G::ALWAYS_ANSWERS,
        stopped,
        positions,
        acknowledged: Mutex::default(),
    });
    let writers = workload.start(&mut random);

    let (begun, mut printed, mut faults) = (Instant::now(), Instant::now(), 0);
    let mut cuts = proxy.cuts.subscribe();
    let over = |cuts: usize| match plan.until {
        Until::Cuts(enough) => cuts >= enough,
        Until::Time(time) => begun.elapsed() >= time,
    };
    let mut fault_at = random.usize(plan.cuts_between_faults.clone());
    while !over(*cuts.borrow_and_update()) {
        timeout(PATIENCE, cuts.changed()).await.expect("nothing happens").unwrap();
        let cut = *cuts.borrow_and_update();
        if plan.progress_every.is_some_and(|every| printed.elapsed() >= every) {
            printed = Instant::now();
            println!("{:>4} s: cuts {cut}, faults {faults}, seen {}", begun.elapsed().as_secs(), seen.load(Ordering::Relaxed));
        }
        if cut >= fault_at {
            up.send_replace(G::ALWAYS_ANSWERS);
            let fault = system.inject_fault(&mut random).await;
            println!("{:>4} s: fault {}: {fault}", begun.elapsed().as_secs(), faults + 1);
            up.send_replace(true);
            faults += 1;
            fault_at = cut + random.usize(plan.cuts_between_faults.clone());
        }
    }
    stop.send_replace(true);
    for writer in writers {
        writer.await.unwrap();
    }
    workload.until_the_queue_is_empty().await;
    let log = log(&system.database()).await;
    end.send_replace(log.last().map_or(0, |last| last.sequence));
    let mut anomalies = verdict::of_commits(&log, &workload.acknowledged.lock().unwrap());
    let count = clients.len();
    for (name, client) in clients {
        let (start, seen) = client.await.unwrap();
        let staff = name.starts_with(STAFF);
        anomalies += judge(&seen, &verdict::meant_for(&log, &name, staff, start));
    }
    Report { cuts: *cuts.borrow(), faults, events: log.len(), clients: count, seen: seen.load(Ordering::Relaxed), anomalies }
}

/// The prefix of staff's names.
const STAFF: &str = "staff";

/// The plan's users, signed in.
async fn users(system: &impl SystemUnderTest, plan: &Plan) -> Vec<(String, TestUser)> {
    let customers = (0..plan.customers).map(|index| (format!("customer{index}"), false));
    let staff = (0..plan.staff).map(|index| (format!("{STAFF}{index}"), true));
    let mut users = Vec::new();
    for (name, staff) in customers.chain(staff) {
        add_user(&system.database(), &name, staff);
        let user = TestUser::sign_in(&system.base(), &name).await;
        users.push((name, user));
    }
    users
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
