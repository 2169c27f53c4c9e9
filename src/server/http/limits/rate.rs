//! A rate limit by key: governor's, which keeps one time stamp a key, over a store of our own so that a use can be given back.
//!
//! Promises: a use that is given back counts as if it had not been; [`RateLimit::forget`] drops the keys whose uses are all made up for.

use crate::{
    model::error::{Error, Kind},
    server::rate::Rate,
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often something may happen, for each key. Clones share the counts.
#[derive(Clone)]
pub struct RateLimit<K: Hash + Eq + Clone>(Option<Arc<Limiter<K>>>);

struct Limiter<K: Hash + Eq + Clone> {
    times: Times<K>,
    limiter: RateLimiter<K, Times<K>, DefaultClock>,
}

/// How long until the next use is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Wait {
    /// The refusal, with the time to wait in whole seconds.
    pub fn refusal(self, what: &str) -> Error {
        let seconds = u64::try_from(self.0.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
        let again = if seconds < 120 { format!("{seconds} seconds") } else { format!("{} minutes", seconds.div_ceil(60)) };
        Error::new(Kind::TooMany, format!("{what}; try again in {again}")).after(seconds)
    }
}

/// What a key's time stamp was before a use.
pub struct Before(Option<Nanos>);

impl<K: Hash + Eq + Clone> RateLimit<K> {
    pub fn new(rate: Rate) -> Self {
        let Rate::Limited { count, period } = rate else { return Self(None) };
        let quota = Quota::with_period(period / count.get()).map(|quota| quota.allow_burst(count));
        Self(quota.map(|quota| {
            let times = Times(Arc::default());
            Arc::new(Limiter { times: times.clone(), limiter: RateLimiter::new(quota, times, DefaultClock::default()) })
        }))
    }

    /// Counts one use.
    pub fn take(&self, key: &K) -> Result<(), Wait> {
        let Some(Limiter { limiter, .. }) = self.0.as_deref() else { return Ok(()) };
        limiter.check_key(key).map_err(|until| Wait(until.wait_time_from(limiter.clock().now())))
    }

    /// Counts one use that may be given back, where the uses of a key follow each other.
    pub fn take_for_now(&self, key: &K) -> Result<Before, Wait> {
        let before = self.0.as_ref().and_then(|limiter| limiter.times.lock().get(key).copied());
        self.take(key).map(|()| Before(before))
    }

    /// Makes a use not have been.
    pub fn give_back(&self, key: &K, Before(before): Before) {
        let Some(limiter) = &self.0 else { return };
        let mut times = limiter.times.lock();
        match before {
            Some(before) => _ = times.insert(key.clone(), before),
            None => _ = times.remove(key),
        }
    }

    /// Drops the keys that are as good as new.
    pub fn forget(&self) {
        if let Some(Limiter { limiter, .. }) = self.0.as_deref() {
            limiter.retain_recent();
        }
    }
}

/// When each key's uses are made up for. Clones share it.
#[derive(Clone)]
struct Times<K>(Arc<Mutex<HashMap<K, Nanos>>>);

impl<K> Times<K> {
    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Nanos>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> StateStore for Times<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut times = self.lock();
        let (outcome, time) = measure(times.get(key).copied())?;
        times.insert(key.clone(), time);
        Ok(outcome)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Times<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut times = self.lock();
        times.retain(|_, time| *time > drop_below);
        times.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn limit(count: u32, period: Duration) -> RateLimit<&'static str> {
        RateLimit::new(Rate::Limited { count: NonZeroU32::new(count).unwrap(), period })
    }

    fn kept(limit: &RateLimit<&'static str>) -> usize {
        limit.0.as_ref().unwrap().times.len()
    }

    #[test]
    fn a_key_has_its_own_count_and_learns_how_long_to_wait() {
        let limit = limit(2, Duration::from_secs(3_600));
        assert_eq!((limit.take(&"ada"), limit.take(&"ada")), (Ok(()), Ok(())));
        let Wait(wait) = limit.take(&"ada").unwrap_err();
        assert!(wait > Duration::from_secs(1_700) && wait <= Duration::from_secs(1_800), "{wait:?}");
        assert_eq!(limit.take(&"grace"), Ok(()));
        let unlimited = RateLimit::new(Rate::Unlimited);
        assert!((0..1_000).all(|_| unlimited.take(&"ada").is_ok()));
    }

    #[test]
    fn a_use_that_is_given_back_does_not_count() {
        let limit = limit(1, Duration::from_secs(3_600));
        for _ in 0..3 {
            let before = limit.take_for_now(&"ada").ok().unwrap();
            assert!(limit.take(&"ada").is_err());
            limit.give_back(&"ada", before);
        }
        assert_eq!(kept(&limit), 0);
    }

    #[test]
    fn a_key_that_is_as_good_as_new_is_dropped() {
        let limit = limit(1_000_000, Duration::from_secs(1));
        limit.take(&"ada").unwrap();
        while kept(&limit) > 0 {
            limit.forget();
        }
        let slow = self::limit(1, Duration::from_secs(3_600));
        slow.take(&"ada").unwrap();
        slow.forget();
        assert_eq!(kept(&slow), 1);
    }
}
