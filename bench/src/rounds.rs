//! What is measured on one system in one run: one event to many streams, streams that come back, pushes to one user at a time.

use crate::{
    Failure,
    client::{Client, DIGITS, Deliveries, Faults, MARK, Readers},
    http::{self, RawStream},
    plan::{EVENTS_A_SECOND, FRAME, MISSED, PUSHERS, Plan},
    process::own_cpu,
    systems::{Running, System},
};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a system has to itself after streams were opened or closed, before anything is measured.
const SETTLE: Duration = Duration::from_secs(1);

/// One in so many streams is opened before those that are measured: pools, caches and compiled code are there then.
const FIRST: usize = 5;

/// Events before those that are measured.
const WARM_UP: u32 = 10;

/// After so long without a delivery, what has not come is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// The number of an event that is no part of any round.
const PROBE: u32 = 99_999_999;

/// What a system can be kept busy with.
#[derive(Clone, Copy)]
pub enum Load {
    /// One event to many streams.
    FanOut,
    /// Pushes to one user at a time, by as many pushers as are measured at most.
    Pushes,
}

/// One run of one system.
pub struct Run {
    /// Bytes of a frame, of the first event.
    pub frame: usize,
    /// `None` where pushes alone are measured.
    pub fan_out: Option<FanOut>,
    /// `None` where the system cannot.
    pub storm: Option<Storm>,
    /// For each number of pushers.
    pub pushes: Vec<Pushes>,
}

/// One event to many streams.
pub struct FanOut {
    pub open_cpu: f64,
    pub idle_kib: f64,
    pub cpu: f64,
    /// Events that were sent in a second: fewer than there should be where they take longer to be with all.
    pub a_second: f64,
    /// From the push sent to the frame read, in milliseconds: of half of the deliveries, and of 99 %.
    pub delay: (f64, f64),
    pub faults: Faults,
}

/// All streams come back at once, and have missed some events.
pub struct Storm {
    pub seconds: f64,
    /// For each stream.
    pub cpu: f64,
    pub faults: Faults,
}

/// Pushes to one user at a time.
pub struct Pushes {
    pub a_second: f64,
    /// For each push, with its delivery.
    pub cpu: f64,
    pub delay: (f64, f64),
    /// The share of one core that the load tool took.
    pub tool: f64,
    pub faults: Faults,
}

impl Run {
    /// The faults of all rounds.
    pub fn faults(&self) -> Faults {
        let all = [self.fan_out.as_ref().map(|fan_out| fan_out.faults), self.storm.as_ref().map(|storm| storm.faults)];
        let all = all.into_iter().flatten().chain(self.pushes.iter().map(|pushes| pushes.faults));
        all.fold(Faults::default(), add)
    }
}

/// Measures all. Times of the CPU are in microseconds.
pub fn run(plan: &Plan, system: &System, running: &Running) -> Result<Run, Failure> {
    let (mut rounds, frame) = Rounds::prepare(plan, running)?;
    let fan_out = if system.only_pushes { None } else { Some(rounds.fan_out()?) };
    let storm = if system.resumes && !system.only_pushes { Some(rounds.storm()?) } else { None };
    let pushes = rounds.pushes()?;
    Ok(Run { frame: frame + rounds.padding.len(), fan_out, storm, pushes })
}

/// Brings a system under a load, as long as it is measured. `begin` is called once the streams are open and warm, `end` with what that returned
/// while they are still open.
pub fn keep_up<T, E>(
    plan: &Plan,
    running: &Running,
    load: Load,
    begin: impl FnOnce() -> Result<T, Failure>,
    end: impl FnOnce(T) -> Result<E, Failure>,
) -> Result<E, Failure> {
    let (mut rounds, _) = Rounds::prepare(plan, running)?;
    let (begun, faults) = match load {
        Load::FanOut => {
            rounds.client.open(plan.streams, |_| running.requests.stream(0, None))?;
            rounds.send_to_all(WARM_UP)?;
            (begin()?, rounds.send_to_all(plan.events())?)
        }
        Load::Pushes => {
            rounds.open_of_each_user()?;
            (begin()?, rounds.push_to_one(PUSHERS[PUSHERS.len() - 1])?.faults)
        }
    };
    match faults == Faults::default() {
        true => end(begun),
        false => Err(format!("{} events were lost, {} repeated, {} misdirected", faults.lost, faults.repeated, faults.misdirected).into()),
    }
}

struct Rounds<'a> {
    plan: &'a Plan,
    running: &'a Running,
    client: Client,
    /// What makes a frame as long as it should be.
    padding: String,
    /// The number of the next event.
    next: u32,
}

impl<'a> Rounds<'a> {
    /// Shows that the system works. Returns the length of its frames too, without padding.
    fn prepare(plan: &'a Plan, running: &'a Running) -> Result<(Self, usize), Failure> {
        let frame = probe(running, 0)?.0.len();
        let padding = "x".repeat(FRAME.saturating_sub(frame));
        Ok((Self { plan, running, client: Client::new(running.addr)?, padding, next: 0 }, frame))
    }

    fn fan_out(&mut self) -> Result<FanOut, Failure> {
        let (streams, process) = (self.plan.streams, &self.running.process);
        let first = streams / FIRST;
        self.client.open(first, |_| self.running.requests.stream(0, None))?;
        self.pause()?;
        let (memory, cpu) = (process.memory()?, process.cpu()?);
        self.client.open(streams, |_| self.running.requests.stream(0, None))?;
        let open_cpu = each(process.cpu()? - cpu, streams - first);
        self.pause()?;
        self.pause()?;
        let idle_kib = (process.memory()? - memory) / (streams - first) as f64;

        let warm_up = self.send_to_all(WARM_UP)?;
        let (cpu, begun) = (process.cpu()?, Instant::now());
        let faults = self.send_to_all(self.plan.events())?;
        let a_second = self.client.deliveries.sent() as f64 / begun.elapsed().as_secs_f64();
        let cpu = each(process.cpu()? - cpu, self.client.deliveries.made());
        Ok(FanOut { open_cpu, idle_kib, cpu, a_second, delay: self.delay(), faults: add(warm_up, faults) })
    }

    /// Sends so many events to all streams, at their pace, but none before the one before it is with all: where events pile up, several are
    /// written at once, and what one costs can no longer be told. One that is lost is the last.
    fn send_to_all(&mut self, events: u32) -> Result<Faults, Failure> {
        self.begin(Readers::All(self.plan.streams));
        for _ in 0..events {
            let next = Instant::now() + Duration::from_secs(1) / EVENTS_A_SECOND;
            self.push()?;
            self.client.read_rest(PATIENCE)?;
            if !self.client.deliveries.is_complete() {
                break;
            }
            self.client.read_until(next)?;
        }
        self.end()
    }

    fn storm(&mut self) -> Result<Storm, Failure> {
        let (streams, process) = (self.plan.streams, &self.running.process);
        self.client.close();
        let position = probe(self.running, 0)?.1;
        self.pause()?;
        self.begin(Readers::All(streams));
        for _ in 0..MISSED {
            self.push()?;
            self.client.read_answers()?;
        }
        let (cpu, begun) = (process.cpu()?, Instant::now());
        self.client.open(streams, |_| self.running.requests.stream(0, Some(&position)))?;
        let faults = self.end()?;
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Storm { seconds, cpu: each(process.cpu()? - cpu, streams), faults })
    }

    fn pushes(&mut self) -> Result<Vec<Pushes>, Failure> {
        self.client.close();
        self.pause()?;
        self.open_of_each_user()?;
        PUSHERS.into_iter().map(|pushers| self.push_to_one(pushers)).collect()
    }

    fn open_of_each_user(&mut self) -> Result<(), Failure> {
        self.client.open(self.plan.users, |user| self.running.requests.stream(user, None))?;
        self.pause()
    }

    /// So many pushers push to one user after the other, each as fast as it is answered.
    fn push_to_one(&mut self, pushers: usize) -> Result<Pushes, Failure> {
        let process = &self.running.process;
        self.begin(Readers::One(self.plan.users));
        let (cpu, own, begun) = (process.cpu()?, own_cpu()?, Instant::now());
        let end = begun + self.plan.push_time();
        while Instant::now() < end {
            while self.client.under_way() < pushers {
                self.push()?;
            }
            self.client.turn(end)?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let answered = self.client.deliveries.sent() - self.client.under_way();
        let tool = (own_cpu()? - own).as_secs_f64() / seconds;
        let faults = self.end()?;
        let cpu = each(process.cpu()? - cpu, self.client.deliveries.sent());
        Ok(Pushes { a_second: answered as f64 / seconds, cpu, delay: self.delay(), tool, faults })
    }

    fn begin(&mut self, readers: Readers) {
        self.client.deliveries = Deliveries::new(self.next, readers);
    }

    fn push(&mut self) -> Result<(), Failure> {
        let (requests, padding) = (&self.running.requests, &self.padding);
        self.client.push(|number, user| requests.push(user, &data(number, padding)))
    }

    /// Reads what is still to come; returns what did not, or came wrong.
    fn end(&mut self) -> Result<Faults, Failure> {
        self.client.read_rest(PATIENCE)?;
        self.next += self.client.deliveries.sent() as u32;
        Ok(self.client.deliveries.faults())
    }

    fn delay(&mut self) -> (f64, f64) {
        (self.client.deliveries.delay(0.5), self.client.deliveries.delay(0.99))
    }

    fn pause(&mut self) -> Result<(), Failure> {
        self.client.read_until(Instant::now() + SETTLE)
    }
}

/// Sends one event to one stream: shows that the system works. Returns the event's frame and its id.
fn probe(running: &Running, user: usize) -> Result<(String, String), Failure> {
    let mut stream = RawStream::open(running.addr, &running.requests.stream(user, None))?;
    // Nchan answers a moment before the stream is subscribed.
    sleep(SETTLE);
    http::request(running.addr, &running.requests.push(user, &data(PROBE, "")))?;
    let frame = stream.frame_with(&format!("{}{PROBE}", char::from(MARK)))?;
    let id = frame.lines().find_map(|line| line.strip_prefix("id:")).ok_or_else(|| format!("an event has no id: {frame}"))?;
    Ok((frame.clone(), id.trim().into()))
}

fn data(number: u32, padding: &str) -> String {
    format!("{{\"n\":\"{}{number:0DIGITS$}\",\"pad\":\"{padding}\"}}", char::from(MARK))
}

/// Microseconds for each of so many.
fn each(cpu: Duration, count: usize) -> f64 {
    cpu.as_secs_f64() * 1e6 / count as f64
}

fn add(one: Faults, other: Faults) -> Faults {
    Faults { lost: one.lost + other.lost, repeated: one.repeated + other.repeated, misdirected: one.misdirected + other.misdirected }
}
