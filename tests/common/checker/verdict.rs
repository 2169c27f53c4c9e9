//! The verdict: counts what went wrong. The log says what was committed; who should have received it is computed here, independently.

use super::workload::Acknowledged;
use orderwire::server::sse::{Audience, LogEvent};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    ops::AddAssign,
};

/// An event as it is compared: its sequence, and a digest of its type and data.
pub type Seen = (i64, u64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    pub lost: usize,
    pub repeated: usize,
    pub out_of_order: usize,
    /// Belonged to another user, was never committed, or came with another type or other data.
    pub foreign: usize,
}

impl AddAssign for Anomalies {
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

/// Compares what a client saw with what was meant for it.
pub fn judge(seen: &[Seen], meant: &[Seen]) -> Anomalies {
    let expected: HashMap<_, _> = meant.iter().copied().collect();
    let mut anomalies = Anomalies::default();
    let mut had = HashSet::new();
    let mut highest = i64::MIN;
    for (sequence, digest) in seen {
        if !had.insert(sequence) {
            anomalies.repeated += 1;
        } else if *sequence < highest {
            anomalies.out_of_order += 1;
        }
        highest = highest.max(*sequence);
        if expected.get(sequence) != Some(digest) {
            anomalies.foreign += 1;
        }
    }
    anomalies.lost = meant.iter().filter(|(sequence, _)| !had.contains(sequence)).count();
    anomalies
}

/// The events past `start` that this user should see.
pub fn meant_for(log: &[LogEvent], user: &str, staff: bool, start: i64) -> Vec<Seen> {
    let theirs = |event: &&LogEvent| match &event.audience {
        Audience::User(name) => name == user,
        Audience::UserAndGroup { user: name, group } => name == user || (staff && group == "staff"),
        Audience::Everyone => true,
        Audience::SessionEnded(_) | Audience::SessionsEnded(_) | Audience::CloseStream(_) => false,
    };
    let theirs = log.iter().filter(|event| event.sequence > start).filter(theirs);
    theirs.map(|event| (event.sequence, digest(&event.kind, &event.data))).collect()
}

/// What was acknowledged must be in the log once, under the id that it was acknowledged with; a retry must not be there twice.
pub fn of_commits(log: &[LogEvent], acknowledged: &[Acknowledged]) -> Anomalies {
    let mut committed: HashMap<String, Vec<i64>> = HashMap::new();
    for event in log {
        committed.entry(mark(&serde_json::from_str(&event.data).unwrap())).or_default().push(event.sequence);
    }
    let mut anomalies = Anomalies { repeated: log.len() - committed.len(), ..Anomalies::default() };
    for (mark, sequence) in acknowledged {
        match committed.get(mark).map(|sequences| sequences[0]) {
            None => anomalies.lost += 1,
            Some(at) if sequence.is_some_and(|sequence| sequence != at) => anomalies.foreign += 1,
            Some(_) => {}
        }
    }
    anomalies
}

/// What identifies an event: the title that its writer gave it, or the order and its version.
pub fn mark(data: &Value) -> String {
    match &data["orderId"] {
        Value::String(order) if data["version"].is_i64() => format!("{order} version {}", data["version"]),
        // The notification of an order's step: one for each status.
        Value::String(order) => format!("{order} {}", data["title"]),
        _ => data["title"].as_str().unwrap().to_owned(),
    }
}
