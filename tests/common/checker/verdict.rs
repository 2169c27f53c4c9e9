//! What went wrong, counted. The log says what each reader should have had; who may see what is worked out here anew.

use super::writing::Acknowledged;
use orderwire::server::sse::{LogEvent, Subscriber};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    ops::AddAssign,
};

/// An event as it is compared: its sequence, and its type and data in short.
pub type Seen = (i64, u64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    pub lost: usize,
    pub repeated: usize,
    pub out_of_order: usize,
    /// Was another's, was never committed, or came with another type or other data.
    pub foreign: usize,
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.out_of_order += other.out_of_order;
        self.foreign += other.foreign;
    }
}

pub fn digest(kind: &str, data: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, data).hash(&mut hasher);
    hasher.finish()
}

/// What a reader saw, beside what was meant for it.
pub fn judge(seen: &[Seen], meant: &[Seen]) -> Faults {
    let expected: HashMap<_, _> = meant.iter().copied().collect();
    let mut faults = Faults::default();
    let mut had = HashSet::new();
    let mut highest = i64::MIN;
    for (sequence, digest) in seen {
        if !had.insert(sequence) {
            faults.repeated += 1;
        } else if *sequence < highest {
            faults.out_of_order += 1;
        }
        highest = highest.max(*sequence);
        if expected.get(sequence) != Some(digest) {
            faults.foreign += 1;
        }
    }
    faults.lost = meant.iter().filter(|(sequence, _)| !had.contains(sequence)).count();
    faults
}

/// The events past `start` that are this user's to see.
pub fn meant_for(log: &[LogEvent], user: &str, staff: bool, start: i64) -> Vec<Seen> {
    let subscriber = Subscriber { name: user.into(), groups: if staff { vec!["staff".into()] } else { vec![] } };
    let theirs = log.iter().filter(|event| event.sequence > start && event.audience.includes(&subscriber));
    theirs.map(|event| (event.sequence, digest(&event.kind, &event.data))).collect()
}

/// What was acknowledged is in the log, once, under the id it was acknowledged with; what was tried again is not there twice.
pub fn of_commits(log: &[LogEvent], acknowledged: &[Acknowledged]) -> Faults {
    let mut committed: HashMap<String, Vec<i64>> = HashMap::new();
    for event in log {
        committed.entry(mark(&serde_json::from_str(&event.data).unwrap())).or_default().push(event.sequence);
    }
    let mut faults = Faults { repeated: log.len() - committed.len(), ..Faults::default() };
    for (mark, sequence) in acknowledged {
        match committed.get(mark).map(|sequences| sequences[0]) {
            None => faults.lost += 1,
            Some(at) if sequence.is_some_and(|sequence| sequence != at) => faults.foreign += 1,
            Some(_) => {}
        }
    }
    faults
}

/// What tells an event from every other: the title its writer gave it, or the order and its version.
pub fn mark(data: &Value) -> String {
    match &data["orderId"] {
        Value::String(order) if data["version"].is_i64() => format!("{order} version {}", data["version"]),
        // What the program tells a customer of an order's step: one for each status.
        Value::String(order) => format!("{order} {}", data["title"]),
        _ => data["title"].as_str().unwrap().to_owned(),
    }
}
