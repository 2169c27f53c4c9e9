//! Single flight: who asks for the same thing at the same time shares one computation.
//!
//! Promise: an answer was computed after it was asked for, so it is never stale. However many ask at once, two computations answer them: the
//! one that may be under way is too old for them, and the next is everybody's.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex as Lock, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::Mutex;

/// What computes one thing at a time. Clones share it.
#[derive(Clone)]
pub struct SingleFlight<T>(Arc<Mutex<Option<Computed<T>>>>);

/// The last answer, and when its computation began.
struct Computed<T> {
    began: Instant,
    answer: T,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> SingleFlight<T> {
    /// What a computation answers that begins after this call.
    pub async fn get(&self, compute: impl Future<Output = T>) -> T {
        let asked = Instant::now();
        // Who goes away while it computes frees the place; the next one in line computes.
        let mut last = self.0.lock().await;
        if let Some(computed) = last.as_ref().filter(|computed| computed.began > asked) {
            return computed.answer.clone();
        }
        let began = Instant::now();
        let answer = compute.await;
        *last = Some(Computed { began, answer: answer.clone() });
        answer
    }
}

/// Single flights of things that are told apart by a key. A key that nobody asks for is kept nowhere. Clones share them.
#[derive(Clone)]
pub struct SingleFlights<K: Hash + Eq + Clone, T>(Arc<Lock<Flights<K, T>>>);

/// By key: the flight, and how many ask.
type Flights<K, T> = HashMap<K, (SingleFlight<T>, usize)>;

impl<K: Hash + Eq + Clone, T> Default for SingleFlights<K, T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Hash + Eq + Clone, T: Clone> SingleFlights<K, T> {
    /// What a computation for that key answers that begins after this call.
    pub async fn get(&self, key: K, compute: impl Future<Output = T>) -> T {
        let (flight, _asker) = self.enter(key);
        flight.get(compute).await
    }

    fn enter(&self, key: K) -> (SingleFlight<T>, Asker<K, T>) {
        let mut flights = self.lock();
        let (flight, askers) = flights.entry(key.clone()).or_default();
        *askers += 1;
        (flight.clone(), Asker(self.clone(), key))
    }
}

impl<K: Hash + Eq + Clone, T> SingleFlights<K, T> {
    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Flights<K, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of those who ask for a key.
struct Asker<K: Hash + Eq + Clone, T>(SingleFlights<K, T>, K);

impl<K: Hash + Eq + Clone, T> Drop for Asker<K, T> {
    fn drop(&mut self) {
        let Self(flights, key) = self;
        if let Entry::Occupied(mut flight) = flights.lock().entry(key.clone()) {
            flight.get_mut().1 -= 1;
            if flight.get().1 == 0 {
                flight.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn all_who_ask_while_one_computes_share_the_next_computation() {
        let (flight, computed) = (SingleFlight::default(), Arc::new(AtomicUsize::new(0)));
        let compute = || {
            let computed = computed.clone();
            async move { computed.fetch_add(1, Ordering::SeqCst) + 1 }
        };
        let (finish, finished) = oneshot::channel::<()>();
        let first = flight.get(async {
            finished.await.unwrap();
            compute().await
        });
        tokio::pin!(first);
        assert!(futures::poll!(&mut first).is_pending());
        let mut others: Vec<_> = (0..20).map(|_| Box::pin(flight.get(compute()))).collect();
        for other in &mut others {
            assert!(futures::poll!(other).is_pending());
        }
        finish.send(()).unwrap();
        assert_eq!(first.await, 1);
        assert_eq!(futures::future::join_all(others).await, [2; 20]);
        assert_eq!(flight.get(compute()).await, 3, "what is asked for later is computed anew");
    }

    #[tokio::test]
    async fn each_key_is_computed_by_itself_and_kept_only_while_somebody_asks() {
        let flights = SingleFlights::default();
        let mut pending = Box::pin(flights.get("slow", std::future::pending()));
        assert!(futures::poll!(&mut pending).is_pending());
        assert_eq!(flights.get("quick", async { 1 }).await, 1);
        assert_eq!(flights.lock().keys().collect::<Vec<_>>(), [&"slow"]);
        drop(pending);
        assert!(flights.lock().is_empty());
    }

    #[tokio::test]
    async fn who_goes_away_while_it_computes_keeps_nobody_waiting() {
        let flight = SingleFlight::default();
        {
            let gone = flight.get(std::future::pending::<i32>());
            tokio::pin!(gone);
            assert!(futures::poll!(&mut gone).is_pending());
        }
        assert_eq!(flight.get(async { 1 }).await, 1);
    }
}
