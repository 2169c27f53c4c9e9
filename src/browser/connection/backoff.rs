//! Exponential backoff with jitter, in milliseconds. Numbers only: the clock and the random numbers are the caller's.
//!
//! Promises: each wait is longer than the last, up to a longest one; two tabs that lost the connection together do not come back together;
//! a server that accepts the stream and ends it again is not asked more often than one that does not answer.

/// The first wait is at most this long, each further one at most twice the last. Milliseconds.
const FIRST_MS: u64 = 2_000;

/// No wait is longer, except where the server asks for it. Milliseconds.
const LONGEST_MS: u64 = 30_000;

/// How long the connection must have been open for the backoff to start again. Milliseconds.
const STEADY_MS: u64 = 10_000;

/// The tries since the connection was last open for long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    tries: u32,
    resynced: bool,
}

impl Backoff {
    /// The next wait in milliseconds: the `at_least` that the server asks for, and between half and all of the longest wait of this try,
    /// as `chance` (from 0 to 1) decides.
    pub fn next(&mut self, at_least: u64, chance: f64) -> u64 {
        let longest = (FIRST_MS << self.tries.min(5)).min(LONGEST_MS);
        self.tries = self.tries.saturating_add(1);
        at_least.saturating_add(times(longest, 0.5 + chance / 2.0))
    }

    /// To be told whenever an open connection ends, with the milliseconds that it was open.
    pub fn was_open(&mut self, ms: u64) {
        if ms >= STEADY_MS {
            *self = Self::default();
        }
    }

    /// Whether this is the first resync since then: the connection may be opened at once. A server that cannot serve the position that
    /// it has just given would otherwise be asked for one snapshot after the other.
    pub fn is_first_resync(&mut self) -> bool {
        !std::mem::replace(&mut self.resynced, true)
    }
}

/// The silence in milliseconds after which a connection counts as dead: more than two keep-alives did not come. It differs from tab to
/// tab, since connections may fall silent together.
pub fn patience(keep_alive_ms: u64, chance: f64) -> u64 {
    times(keep_alive_ms, 2.25 + chance / 2.0)
}

fn times(ms: u64, factor: f64) -> u64 {
    (ms as f64 * factor) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(chances: impl Iterator<Item = f64>) -> Vec<u64> {
        let mut backoff = Backoff::default();
        chances.map(|chance| backoff.next(0, chance)).collect()
    }

    #[test]
    fn waits_grow_up_to_the_longest() {
        let seven = |chance| waits(std::iter::repeat_n(chance, 7));
        assert_eq!(seven(1.0), [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        assert_eq!(seven(0.0), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
        let many = Backoff { tries: u32::MAX, resynced: false }.next(0, 1.0);
        assert_eq!(many, LONGEST_MS);
    }

    #[test]
    fn tabs_that_lost_the_connection_together_do_not_come_back_together() {
        let (one, other) = (waits([0.1; 5].into_iter()), waits([0.9; 5].into_iter()));
        assert!(one.iter().zip(&other).all(|(one, other)| one.abs_diff(*other) > 500));
        // Nor where the server asked the same of all.
        let asked = |chance| Backoff::default().next(5_000, chance);
        assert!(asked(0.0) > 5_000 && asked(0.9) > asked(0.1));
        assert!(patience(30_000, 0.9) > patience(30_000, 0.1));
    }

    #[test]
    fn only_a_connection_that_held_starts_the_backoff_again() {
        let mut backoff = Backoff::default();
        for _ in 0..10 {
            backoff.next(0, 0.0);
            backoff.was_open(1_000);
        }
        assert_eq!(backoff.next(0, 0.0), LONGEST_MS / 2);
        backoff.was_open(STEADY_MS);
        assert_eq!(backoff.next(0, 0.0), FIRST_MS / 2);
    }

    #[test]
    fn a_second_resync_in_a_row_has_to_wait() {
        let mut backoff = Backoff::default();
        assert!(backoff.is_first_resync());
        backoff.was_open(1_000);
        assert!(!backoff.is_first_resync());
        backoff.was_open(STEADY_MS);
        assert!(backoff.is_first_resync());
    }

    #[test]
    fn a_connection_counts_as_dead_after_more_than_two_keep_alives() {
        assert_eq!(patience(30_000, 0.0), 67_500);
        assert_eq!(patience(30_000, 1.0), 82_500);
    }
}
