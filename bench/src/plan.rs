//! What is measured, and how much of it: the defaults, and what the environment changes.

use crate::{Failure, systems};
use std::{env, path::PathBuf, str::FromStr, time::Duration};

/// The bytes of a frame: the fields of an event and the blank line after them.
pub const FRAME: usize = 137;

/// Events a second to all streams of one user.
pub const EVENTS_A_SECOND: u32 = 10;

/// Events that each stream has missed when it resumes.
pub const MISSED: usize = 20;

/// Pushers at once that push to one user at a time.
pub const PUSHERS: [usize; 2] = [16, 64];

pub struct Plan {
    /// `STREAMS`: open streams of one user.
    pub streams: usize,
    /// `USERS`: users with a stream each.
    pub users: usize,
    /// The first argument is `profile`: nothing is measured, but flame graphs are drawn.
    pub is_profile: bool,
    /// The argument after that: how long events are sent to all streams; pushes to one at a time for half as long, with each number of pushers.
    pub time: Duration,
    /// `RUNS`: how often each system is measured, one after the other.
    pub runs: usize,
    /// `SYSTEMS`: names, with commas between them.
    pub systems: Vec<String>,
    /// `PROGRAM`: Orderwire's binary.
    pub program: PathBuf,
    /// `REPORT`: the folder that the report, its plots and flame graphs are written to.
    pub report: PathBuf,
    /// `WORK`: the folder for databases and logs.
    pub work: PathBuf,
}

impl Plan {
    pub fn read() -> Result<Self, Failure> {
        let mut arguments = env::args().skip(1).peekable();
        let is_profile = arguments.next_if_eq("profile").is_some();
        let seconds = arguments.next().map_or(Ok(10), |seconds| number("the number of seconds", &seconds))?;
        let plan = Self {
            streams: size("STREAMS", 5_000)?,
            users: size("USERS", 1_000)?,
            is_profile,
            time: Duration::from_secs(seconds as u64),
            runs: size("RUNS", 3)?,
            systems: text("SYSTEMS", &systems::KEYS.join(",")).split(',').map(|key| key.trim().to_owned()).collect(),
            program: text("PROGRAM", "target/release/orderwire").into(),
            report: text("REPORT", "bench").into(),
            work: text("WORK", "target/bench/work").into(),
        };
        match plan.systems.iter().find(|key| !systems::KEYS.contains(&key.as_str())) {
            Some(unknown) => Err(format!("SYSTEMS: there is no {unknown:?}; there are {}", systems::KEYS.join(", ")).into()),
            None if ["floor", "orderwire"].iter().any(|needed| !plan.systems.iter().any(|key| key == needed)) => {
                Err("SYSTEMS: floor and orderwire have to be among them, since the others are compared with these".into())
            }
            None => Ok(plan),
        }
    }

    /// Events that are sent to all streams.
    pub fn events(&self) -> u32 {
        EVENTS_A_SECOND * self.time.as_secs() as u32
    }

    /// How long pushes to one user at a time are sent, with each number of pushers.
    pub fn push_time(&self) -> Duration {
        self.time / 2
    }

    /// Files that a system may have open: a connection each, and some.
    pub fn files(&self) -> usize {
        2 * self.streams.max(self.users) + 1_000
    }
}

fn text(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.into())
}

fn size(name: &str, default: usize) -> Result<usize, Failure> {
    env::var(name).map_or(Ok(default), |text| number(name, &text))
}

fn number<N: FromStr + PartialOrd + From<u8>>(name: &str, text: &str) -> Result<N, Failure> {
    text.parse().ok().filter(|number| *number >= N::from(1)).ok_or_else(|| format!("{name} is not a number from 1 on: {text:?}").into())
}
