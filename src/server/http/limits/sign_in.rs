//! The limit of failed sign-ins, by user name and address together: strangers lock nobody out who signs in from elsewhere. It holds on
//! loopback too, since it is no limit of addresses.
//!
//! Promises: only failures count; of one name and address one sign-in is checked at a time, so that of many at once no more are hashed than
//! may fail; where there is more than one core, no address has all of the hashing to itself.

use super::{
    concurrency::{Bounds, ConcurrencyLimit, Place},
    rate::{Before, RateLimit},
};
use crate::{
    model::{
        error::{Error, Kind},
        user::valid_name,
    },
    server::{net::ClientAddress, rate::Rate, store::hashes_at_once},
};
use std::{net::IpAddr, time::Duration};

/// Sign-ins that may wait for others of the same name and address, and for others of the same address.
const WAITING: usize = 256;

/// How long each may wait, in either line.
const WAIT: Duration = Duration::from_secs(3);

/// A user name, empty for all that cannot be one, and an address.
type Key = (String, IpAddr);

/// The sign-ins that are checked, and those that failed. Clones share them.
#[derive(Clone)]
pub struct SignInLimit {
    failures: RateLimit<Key>,
    of_key: ConcurrencyLimit<Key>,
    of_address: ConcurrencyLimit<IpAddr>,
}

/// A sign-in that is being checked. Dropped, it does not count, unless it has failed.
pub struct Attempt {
    // Given back before the next one of the same key is let in.
    failure: Failure,
    _of_address: Place<IpAddr>,
    _of_key: Place<Key>,
}

impl SignInLimit {
    pub fn new(rate: Rate) -> Self {
        let bounds = |at_once| Bounds { at_once, waiting: WAITING, wait: WAIT };
        Self {
            failures: RateLimit::new(rate),
            of_key: ConcurrencyLimit::new(bounds(1)),
            of_address: ConcurrencyLimit::new(bounds(hashes_at_once().saturating_sub(1).max(1))),
        }
    }

    /// Waits until this sign-in may be checked. `TooMany` (429) after too many failures, `Unavailable` (503) where too many are under way.
    pub async fn begin(&self, username: &str, client: ClientAddress) -> Result<Attempt, Error> {
        let busy = || Error::new(Kind::Unavailable, "too many sign-ins at once; try again");
        let address = client.counted();
        let key = (if valid_name(username) { username.to_owned() } else { String::new() }, address);
        let of_key = self.of_key.enter(key.clone()).await.ok_or_else(busy)?;
        let before = self.failures.take_for_now(&key).map_err(|wait| wait.refusal("too many failed sign-ins"))?;
        let failure = Failure { failures: self.failures.clone(), key, before: Some(before) };
        let of_address = self.of_address.enter(address).await.ok_or_else(busy)?;
        Ok(Attempt { failure, _of_address: of_address, _of_key: of_key })
    }

    /// Drops the failures that are made up for.
    pub fn forget(&self) {
        self.failures.forget();
    }
}

impl Attempt {
    /// The password was wrong.
    pub fn fail(mut self) {
        self.failure.before = None;
    }
}

/// A failure that is counted ahead. Dropped, it is given back, unless it has come about.
struct Failure {
    failures: RateLimit<Key>,
    key: Key,
    before: Option<Before>,
}

impl Drop for Failure {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            self.failures.give_back(&self.key, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::num::NonZeroU32;

    fn limit(failures: u32) -> SignInLimit {
        SignInLimit::new(Rate::Limited { count: NonZeroU32::new(failures).unwrap(), period: Duration::from_secs(24 * 3_600) })
    }

    fn from(address: &str) -> ClientAddress {
        ClientAddress(address.parse().unwrap())
    }

    #[tokio::test]
    async fn of_many_wrong_ones_at_once_no_more_are_checked_than_may_fail() {
        let limit = limit(3);
        let wrong = (0..100).map(|_| async { limit.begin("ada", from("192.0.2.1")).await.map(Attempt::fail) });
        let outcomes = join_all(wrong).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert!(refused.kind == Kind::TooMany && refused.retry_after.is_some_and(|seconds| seconds > 3_600), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_success_does_not_count_and_nobody_is_locked_out_from_elsewhere() {
        let limit = limit(1);
        for _ in 0..3 {
            drop(limit.begin("ada", from("127.0.0.1")).await.unwrap());
        }
        limit.begin("ada", from("127.0.0.1")).await.unwrap().fail();
        assert!(limit.begin("ada", from("127.0.0.1")).await.is_err(), "loopback is limited too");
        assert!(limit.begin("ada", from("192.0.2.1")).await.is_ok(), "from elsewhere");
        assert!(limit.begin("grace", from("127.0.0.1")).await.is_ok(), "another user");
        limit.begin("ada", from("2001:db8::1")).await.unwrap().fail();
        assert!(limit.begin("ada", from("2001:db8::2")).await.is_err(), "a network of IPv6 is one address");
    }

    #[tokio::test]
    async fn names_that_nobody_can_have_share_one_count() {
        let limit = limit(1);
        limit.begin("No Name", from("192.0.2.1")).await.unwrap().fail();
        assert!(limit.begin(&"x".repeat(10_000), from("192.0.2.1")).await.is_err());
    }
}
