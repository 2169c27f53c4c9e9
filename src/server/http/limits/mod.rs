//! Limits that keep one user, one address or one pusher from delaying the others: how often something may be done, and how much of it at once.
//!
//! Each instance counts by itself, in memory. A refusal is `TooMany` (429) with the seconds after which it may work.

mod concurrency;
mod rate;
mod sign_in;

pub use concurrency::Place;
pub use sign_in::{Attempt, SignInLimit};

use crate::{
    model::error::{Error, Kind},
    server::rate::Rate,
};
use concurrency::{Bounds, ConcurrencyLimit};
use rate::RateLimit;
use std::time::Duration;

/// Pages and snapshots that are read for one user at once: half of the connections that a SQLite file has for them.
const READS: Bounds = Bounds { at_once: 2, waiting: 32, wait: Duration::from_secs(2) };

/// After how many seconds a read that was refused may be tried again.
const READ_RETRY_SECONDS: u64 = 1;

/// The limits of this instance. Clones share the counts.
#[derive(Clone)]
pub struct RequestLimits {
    pub sign_ins: SignInLimit,
    orders: RateLimit<String>,
    pushes: RateLimit<()>,
    reads: ConcurrencyLimit<String>,
}

/// The rates of `--sign-in-rate`, `--order-rate` and `--push-rate`.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub sign_in: Rate,
    pub order: Rate,
    pub push: Rate,
}

impl RequestLimits {
    pub fn new(rates: Rates) -> Self {
        Self {
            sign_ins: SignInLimit::new(rates.sign_in),
            orders: RateLimit::new(rates.order),
            pushes: RateLimit::new(rates.push),
            reads: ConcurrencyLimit::new(READS),
        }
    }

    /// Counts an order of that customer.
    pub fn order(&self, username: &str) -> Result<(), Error> {
        self.orders.take(&username.to_owned()).map_err(|wait| wait.refusal("too many orders"))
    }

    /// Counts a push.
    pub fn push(&self) -> Result<(), Error> {
        self.pushes.take(&()).map_err(|wait| wait.refusal("too many pushes"))
    }

    /// Waits for a place to read a page or a snapshot of that user.
    pub async fn read(&self, username: &str) -> Result<Place<String>, Error> {
        let refused = || Error::new(Kind::TooMany, "too many of your pages are loading at once; try again").after(READ_RETRY_SECONDS);
        self.reads.enter(username.to_owned()).await.ok_or_else(refused)
    }

    /// Drops what is made up for: the memory that the limits take does not grow for ever.
    pub fn forget(&self) {
        self.sign_ins.forget();
        self.orders.forget();
    }
}
