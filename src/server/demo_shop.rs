//! The shop of `--demo-shop`: the last days of a small coffee shop, made up so that the first page looks like one that is in use.
//!
//! Promise: it is the same past for every demo, but for the time at which it ends: now.

use super::{
    clock::{epoch_ms, millis},
    store::{DEMO_SHOP_CUSTOMERS, DEMO_USERS, PastOrder, PastStep, Store, StoreError},
};
use crate::model::{
    order::{CATALOGUE, Item, Status},
    user::Role,
};
use fastrand::Rng;
use std::{ops::Range, time::Duration};

/// How far it goes back.
const HOURS: i64 = 6 * 24;

/// Tenths of an order that are placed in each hour of a day (UTC): few at night, most in the evening.
const TENTHS: [i64; 24] = [3, 2, 1, 1, 2, 4, 8, 14, 22, 30, 34, 36, 38, 34, 30, 28, 28, 32, 38, 42, 38, 28, 16, 8];

/// The last orders, by how long ago they were placed and packed: whoever looks at the chart of the last 15 minutes, or for an order that waits to
/// be shipped, sees something, at night too.
const LAST: [(Duration, Option<Duration>); 8] = [
    (minutes(24), Some(minutes(13))),
    (minutes(19), Some(minutes(7))),
    (minutes(14), None),
    (minutes(11), None),
    (minutes(9), None),
    (minutes(6), None),
    (minutes(4), None),
    (minutes(2), None),
];

/// How long ago its customers were told what they still find, and how long ago what they have not read yet.
const TOLD: Duration = minutes(2 * 24 * 60);
const UNREAD: Duration = minutes(3 * 60);

/// In 100 orders, so many are cancelled, and so many of these by the customer.
const CANCELLED: u8 = 5;
const BY_CUSTOMER: u8 = 80;

/// How long an order waits for each step.
const UNTIL_CANCELLED: Range<Duration> = minutes(3)..minutes(45);
const UNTIL_PACKED: Range<Duration> = minutes(8)..minutes(70);
const UNTIL_SHIPPED: Range<Duration> = minutes(30)..minutes(4 * 60);
const UNTIL_DELIVERED: Range<Duration> = minutes(5 * 60)..minutes(16 * 60);

/// How often each product of [`CATALOGUE`] is bought, beside the others.
const POPULARITY: [usize; CATALOGUE.len()] = [6, 4, 3, 1, 1, 5];

const HOUR_MS: i64 = 3_600_000;

/// Who packs and ships.
const STAFF: &str = "ops";

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Gives the shop its past, where it is new.
pub async fn open(store: &Store) -> Result<(), StoreError> {
    let now = epoch_ms();
    let past = past(now);
    if store.write_past(&past, now - millis(TOLD), now - millis(UNREAD)).await? {
        tracing::info!(orders = past.len(), "the demo's shop has a past");
    }
    Ok(())
}

/// The customers of the demo, and of its shop as well.
pub fn customers(shop: bool) -> Vec<&'static str> {
    let known = DEMO_USERS.iter().filter(|(_, role)| *role == Role::Customer).map(|(username, _)| *username);
    known.chain(DEMO_SHOP_CUSTOMERS.into_iter().filter(|_| shop)).collect()
}

/// What somebody may buy: one to three products.
pub fn items(random: &mut Rng) -> Vec<Item> {
    let mut chosen: Vec<usize> = Vec::new();
    for _ in 0..random.usize(1..=3) {
        let mut left = random.usize(0..POPULARITY.iter().sum());
        let product = POPULARITY.iter().position(|share| {
            let found = left < *share;
            left = left.saturating_sub(*share);
            found
        });
        chosen.extend(product.filter(|product| !chosen.contains(product)));
    }
    let item = |product: usize| {
        let (product, quantity) = (CATALOGUE[product], if random.u8(0..4) == 0 { 2 } else { 1 });
        Item { sku: product.sku.into(), name: product.name.into(), quantity, price_cents: product.price_cents }
    };
    chosen.into_iter().map(item).collect()
}

/// The orders of the days before `now` (milliseconds since 1970), the oldest first. Nothing of it is later than that.
fn past(now: i64) -> Vec<PastOrder> {
    let random = &mut Rng::with_seed(7);
    let customers = customers(true);
    let last_begins = now - millis(LAST[0].0);
    let mut placed = Vec::new();
    for hour in now / HOUR_MS - HOURS..=now / HOUR_MS {
        let tenths = TENTHS[hour.rem_euclid(24) as usize];
        let orders = tenths / 10 + i64::from(random.i64(0..10) < tenths % 10);
        placed.extend((0..orders).map(|_| hour * HOUR_MS + random.i64(0..HOUR_MS)).filter(|at| *at < last_begins));
    }
    placed.sort_unstable();
    let mut past: Vec<_> =
        placed.into_iter().map(|at| order(random, &customers, |random, customer| steps(random, customer, at, now))).collect();
    past.extend(LAST.map(|(placed, packed)| {
        let step = |status, by: &str, ago| PastStep { status, by: by.to_owned(), at: now - millis(ago) };
        order(random, &customers, |_, customer| {
            let packed = packed.map(|ago| step(Status::Packed, STAFF, ago));
            [step(Status::Placed, customer, placed)].into_iter().chain(packed).collect()
        })
    }));
    past
}

/// An order of one of `customers`, with the steps that `steps` gives for it.
fn order(random: &mut Rng, customers: &[&str], steps: impl FnOnce(&mut Rng, &str) -> Vec<PastStep>) -> PastOrder {
    let customer = random.choice(customers).copied().unwrap_or_default();
    let steps = steps(random, customer);
    PastOrder { items: items(random), customer: customer.to_owned(), steps }
}

/// What was done to an order until `now` that `customer` placed at `placed`.
fn steps(random: &mut Rng, customer: &str, placed: i64, now: i64) -> Vec<PastStep> {
    let step = |status, by: &str, at| PastStep { status, by: by.to_owned(), at };
    let mut at = placed;
    let mut later = |random: &mut Rng, wait: Range<Duration>| {
        at += random.i64(millis(wait.start)..millis(wait.end));
        at
    };
    let mut steps = vec![step(Status::Placed, customer, placed)];
    if random.u8(0..100) < CANCELLED {
        let by = if random.u8(0..100) < BY_CUSTOMER { customer } else { STAFF };
        steps.push(step(Status::Cancelled, by, later(random, UNTIL_CANCELLED)));
    } else {
        steps.push(step(Status::Packed, STAFF, later(random, UNTIL_PACKED)));
        steps.push(step(Status::Shipped, STAFF, later(random, UNTIL_SHIPPED)));
        steps.push(step(Status::Delivered, STAFF, later(random, UNTIL_DELIVERED)));
    }
    steps.retain(|step| step.at <= now);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_793_628_359_007;

    #[test]
    fn the_past_is_of_some_hundred_orders_of_all_customers_and_ends_now() {
        let past = past(NOW);
        assert!((200..500).contains(&past.len()), "{}", past.len());
        assert!(past.is_sorted_by_key(|order| order.steps[0].at));
        assert!(customers(true).iter().all(|customer| past.iter().any(|order| order.customer == *customer)));
        for order in &past {
            assert!(order.steps.is_sorted_by_key(|step| step.at) && order.steps.iter().all(|step| step.at <= NOW));
            let mut skus: Vec<_> = order.items.iter().map(|item| &item.sku).collect();
            skus.dedup();
            assert!(!skus.is_empty() && skus.len() == order.items.len());
        }
    }

    /// Whatever the time is.
    #[test]
    fn most_orders_are_delivered_some_wait_for_each_step_and_a_few_are_cancelled() {
        for minute in 0..24 * 60 {
            let past = past(NOW + minute * HOUR_MS / 60);
            let count = |status| past.iter().filter(|order| order.steps.last().map(|step| step.status) == Some(status)).count();
            assert!(past.is_sorted_by_key(|order| order.steps[0].at), "{minute}");
            assert!(count(Status::Delivered) > past.len() / 2, "{minute}");
            assert!([Status::Placed, Status::Packed, Status::Shipped].into_iter().all(|status| count(status) > 0), "{minute}");
            assert!((1..past.len() / 10).contains(&count(Status::Cancelled)), "{minute}");
        }
    }

    #[test]
    fn every_path_of_an_order_is_one_that_the_shop_takes() {
        for order in past(NOW) {
            for step in order.steps.windows(2) {
                let next = step[1].status;
                assert!(step[0].status.next() == Some(next) || (next == Status::Cancelled && step[0].status.can_cancel()));
            }
        }
    }
}
