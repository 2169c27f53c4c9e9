//! The audit: whether what a page was sent is what the log has for its user, counted and hashed on both sides by the same code.
//!
//! Promise: two tallies that agree are of the same events, but for one chance in 2^64; only where they differ, the ids are compared.

use crate::model::event::EventId;
use serde::{Deserialize, Serialize};

/// The most events that are compared at once. A page forgets the oldest of more.
pub const AUDIT_MAX: usize = 10_000;

/// Ids that a difference names; of more, it says how many there are.
const NAMED_MAX: usize = 5;

/// The events of the log, of the types that pages listen to, that a user was to be sent in a range of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    pub count: usize,
    /// Of their sequences ([`hash`]), as text: JavaScript's numbers are too short for it.
    pub hash: String,
    /// Their sequences in order, where these were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<i64>>,
}

impl Audit {
    /// `ids`: the sequences, in order.
    pub fn of(ids: Vec<i64>, named: bool) -> Self {
        Self { count: ids.len(), hash: hash(&ids), ids: named.then_some(ids) }
    }
}

/// A hash of sequences, whatever their order: the sum of each one, mixed (the finalizer of SplitMix64).
pub fn hash(ids: &[i64]) -> String {
    let mix = |id: &i64| {
        let id = *id as u64;
        let id = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let id = (id ^ (id >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        id ^ (id >> 31)
    };
    ids.iter().map(mix).fold(0, u64::wrapping_add).to_string()
}

/// What a page was sent past a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub from: EventId,
    /// The sequences, as they came.
    pub ids: Vec<i64>,
}

impl Seen {
    /// Nothing yet, of what comes past that position.
    pub fn past(from: EventId) -> Self {
        Self { from, ids: Vec::new() }
    }

    pub fn add(&mut self, id: &EventId) {
        if self.ids.len() == AUDIT_MAX {
            self.from.sequence = self.ids.remove(0);
        }
        self.ids.push(id.sequence);
    }

    /// The verdict in words. `log`: the sequences that the log has, where they are not the same.
    pub fn verdict(&self, log: Option<&[i64]>) -> String {
        let seen = &self.ids;
        let missing: Vec<_> = log.unwrap_or_default().iter().copied().filter(|id| !seen.contains(id)).collect();
        let twice = seen.iter().enumerate().filter(|(place, id)| seen[..*place].contains(id)).count();
        let unknown = log.map_or(0, |log| seen.iter().filter(|id| !log.contains(id)).count());
        let order = if seen.windows(2).all(|two| two[0] <= two[1]) { "in order" } else { "out of order" };
        let events = if seen.len() == 1 { "event" } else { "events" };
        let mut verdict = format!("{} {events}, {} missing", seen.len(), missing.len());
        for (place, id) in missing.iter().take(NAMED_MAX).enumerate() {
            verdict.push_str(if place == 0 { ": " } else { ", " });
            verdict.push_str(&id.to_string());
        }
        if missing.len() > NAMED_MAX {
            verdict.push('…');
        }
        verdict.push_str(&format!(", {twice} twice, {order}"));
        if unknown > 0 {
            verdict.push_str(&format!(", {unknown} not in the log"));
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(ids: &[i64]) -> Seen {
        Seen { ids: ids.into(), ..Seen::past(EventId { epoch: "e".into(), sequence: 0 }) }
    }

    #[test]
    fn what_agrees_is_said_in_one_line() {
        assert_eq!(seen(&[3, 4, 9]).verdict(None), "3 events, 0 missing, 0 twice, in order");
        assert_eq!(seen(&[3]).verdict(None), "1 event, 0 missing, 0 twice, in order");
        assert_eq!(seen(&[]).verdict(None), "0 events, 0 missing, 0 twice, in order");
    }

    #[test]
    fn each_difference_is_told() {
        assert_eq!(seen(&[3, 9]).verdict(Some(&[3, 4, 9])), "2 events, 1 missing: 4, 0 twice, in order");
        assert_eq!(seen(&[3, 4, 4]).verdict(Some(&[3, 4])), "3 events, 0 missing, 1 twice, in order");
        assert_eq!(seen(&[4, 3]).verdict(Some(&[3, 4])), "2 events, 0 missing, 0 twice, out of order");
        assert_eq!(seen(&[3, 8]).verdict(Some(&[3])), "2 events, 0 missing, 0 twice, in order, 1 not in the log");
        let log: Vec<_> = (1..9).collect();
        assert_eq!(seen(&[]).verdict(Some(&log)), "0 events, 8 missing: 1, 2, 3, 4, 5…, 0 twice, in order");
    }

    #[test]
    fn of_more_events_than_are_compared_the_oldest_are_forgotten() {
        let mut all = seen(&[]);
        (1..=AUDIT_MAX as i64 + 2).for_each(|sequence| all.add(&EventId { epoch: "e".into(), sequence }));
        assert_eq!((all.from.sequence, all.ids.len(), all.ids[0]), (2, AUDIT_MAX, 3));
    }

    proptest! {
        #[test]
        fn a_hash_is_of_all_ids_and_not_of_their_order(ids in prop::collection::btree_set(any::<i64>(), 1..50), out in any::<prop::sample::Index>()) {
            let ids: Vec<_> = ids.into_iter().collect();
            let backwards: Vec<_> = ids.iter().copied().rev().collect();
            prop_assert_eq!(hash(&backwards), hash(&ids));
            let mut fewer = ids.clone();
            let left = fewer.remove(out.index(ids.len()));
            prop_assert_ne!(hash(&fewer), hash(&ids));
            let twice: Vec<_> = ids.iter().copied().chain([left]).collect();
            prop_assert_ne!(hash(&twice), hash(&ids));
        }
    }
}
