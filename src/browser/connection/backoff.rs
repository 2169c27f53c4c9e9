//! How long the line waits. Numbers only: the clock and the dice are the caller's.
//!
//! Promises: each wait is longer than the last, up to a longest one; two tabs that lost the line together do not come back together;
//! a server that takes the line and drops it again is not asked more often than one that is not there.

use std::time::Duration;

/// The first wait is at most this long, each further one at most twice the last.
const FIRST: Duration = Duration::from_secs(2);

/// No wait is longer, but where the server wishes it.
const LONGEST: Duration = Duration::from_secs(30);

/// How long the line must have been open for the waits to begin anew.
const STEADY: Duration = Duration::from_secs(10);

/// The tries since the line was last open for long enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    tries: u32,
    resynced: bool,
}

impl Backoff {
    /// The next wait, after the `at_least` that the server wishes: between half and all of what it may be, as `chance` (from 0 to 1) has it.
    pub fn next(&mut self, at_least: Duration, chance: f64) -> Duration {
        let longest = FIRST.saturating_mul(1 << self.tries.min(5)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        at_least.saturating_add(times(longest, 0.5 + chance / 2.0))
    }

    /// TabEvent whenever an open line ends.
    pub fn was_open(&mut self, long: Duration) {
        if long >= STEADY {
            *self = Self::default();
        }
    }

    /// Whether this is the first fresh snapshot: it may be carried on at once. A server that cannot serve the position that it has just
    /// given would otherwise be asked for one snapshot after the other.
    pub fn is_first_resync(&mut self) -> bool {
        !std::mem::replace(&mut self.resynced, true)
    }
}

/// The silence after which a line is taken for dead: more than two keep-alives have failed to come. Not the same for all, since lines
/// may fall silent together.
pub fn patience(keep_alive: Duration, chance: f64) -> Duration {
    times(keep_alive, 2.25 + chance / 2.0)
}

/// To the millisecond. `Duration`'s own brings its panics into the WebAssembly.
fn times(long: Duration, factor: f64) -> Duration {
    Duration::from_millis((long.as_millis() as u64 as f64 * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn waits(chances: impl Iterator<Item = f64>) -> Vec<Duration> {
        let mut backoff = Backoff::default();
        chances.map(|chance| backoff.next(Duration::ZERO, chance)).collect()
    }

    #[test]
    fn waits_grow_up_to_the_longest() {
        let seconds = |chance| waits(std::iter::repeat_n(chance, 7)).iter().map(Duration::as_secs).collect::<Vec<_>>();
        assert_eq!(seconds(1.0), [2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(seconds(0.0), [1, 2, 4, 8, 15, 15, 15]);
        let many = Backoff { tries: u32::MAX, resynced: false }.next(Duration::ZERO, 1.0);
        assert_eq!(many, LONGEST);
    }

    #[test]
    fn those_who_lost_the_line_together_do_not_come_back_together() {
        let (one, other) = (waits([0.1; 5].into_iter()), waits([0.9; 5].into_iter()));
        assert!(one.iter().zip(&other).all(|(one, other)| one.abs_diff(*other) > SECOND / 2));
        // Nor where the server told all of them the same.
        let told = |chance| Backoff::default().next(5 * SECOND, chance);
        assert!(told(0.0) > 5 * SECOND && told(0.9) > told(0.1));
        assert!(patience(30 * SECOND, 0.9) > patience(30 * SECOND, 0.1));
    }

    #[test]
    fn only_a_line_that_held_begins_anew() {
        let mut backoff = Backoff::default();
        for _ in 0..10 {
            backoff.next(Duration::ZERO, 0.0);
            backoff.was_open(SECOND);
        }
        assert_eq!(backoff.next(Duration::ZERO, 0.0), LONGEST / 2);
        backoff.was_open(STEADY);
        assert_eq!(backoff.next(Duration::ZERO, 0.0), FIRST / 2);
    }

    #[test]
    fn a_second_fresh_snapshot_in_a_row_has_to_wait() {
        let mut backoff = Backoff::default();
        assert!(backoff.is_first_resync());
        backoff.was_open(SECOND);
        assert!(!backoff.is_first_resync());
        backoff.was_open(STEADY);
        assert!(backoff.is_first_resync());
    }
}
