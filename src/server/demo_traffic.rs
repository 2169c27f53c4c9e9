//! Demo traffic: orders that are placed and advance by themselves, so that one user alone sees live events.
//!
//! With `--demo` it runs for a while once it is turned on. With `--demo-shop` it runs unless it is turned off, but only while somebody
//! watches, slowly, and up to a number of orders: a demo that is left open for days stays small.

use super::{
    clock::{epoch_ms, millis},
    cluster::Presence,
    demo_shop,
    store::{DEMO_TRAFFIC, Store, StoreError},
};
use crate::model::order::Status;
use fastrand::Rng;
use std::time::Duration;
use tokio::time::sleep;

/// The longest pause between two steps, and the same of a shop.
const PAUSE_MAX: Duration = Duration::from_millis(2_500);
const SHOP_PAUSE_MAX: Duration = Duration::from_secs(8);

/// How long it runs before it turns itself off: a forgotten demo must not fill the disk.
const RUN_TIME: Duration = Duration::from_secs(15 * 60);

/// How often an instance asks whether a step is due.
const POLL: Duration = Duration::from_millis(250);

/// The share of steps that advance an order, where one is open; the others place one.
const ADVANCE_SHARE: f64 = 0.75;

/// In a shop no order is placed while so many are open, nor once there are so many in all.
const OPEN_MAX: i64 = 60;
const ORDERS_MAX: i64 = 10_000;

/// Until when the traffic runs where it was turned off. (Where it never was turned on or off, that is 0.)
const OFF: i64 = -1;

/// The switch: one for all instances. Clones share it.
#[derive(Clone)]
pub struct Traffic {
    store: Store,
    /// Whether it is the traffic of `--demo-shop`.
    is_shop: bool,
}

impl Traffic {
    pub fn new(store: Store, is_shop: bool) -> Self {
        Self { store, is_shop }
    }

    pub async fn is_on(&self) -> Result<bool, StoreError> {
        self.store.traffic_runs(self.past_end()).await
    }

    /// Turns it on or off. Without a shop it is on for its whole run time from now.
    pub async fn turn(&self, on: bool) -> Result<(), StoreError> {
        self.store.run_traffic(if on { epoch_ms() + millis(RUN_TIME) } else { OFF }).await
    }

    /// Takes the steps that are due, for as long as the program runs. Of all instances, one takes each step.
    pub async fn run(self, presence: Presence) {
        let pause_max = if self.is_shop { SHOP_PAUSE_MAX } else { PAUSE_MAX };
        loop {
            sleep(POLL).await;
            if self.is_shop && presence.stream_count() == 0 {
                continue;
            }
            let next = epoch_ms() + millis(pause_max.mul_f64(0.2 + 0.8 * fastrand::f64()));
            match self.store.take_step(self.past_end(), epoch_ms(), next).await {
                Ok(false) => {}
                Ok(true) => {
                    if let Err(error) = self.step().await {
                        tracing::warn!(%error, "demo traffic");
                    }
                }
                // The store has logged it.
                Err(_) => sleep(PAUSE_MAX).await,
            }
        }
    }

    /// The latest end of a run that is over: that of a shop ends when it is turned off.
    fn past_end(&self) -> i64 {
        if self.is_shop { OFF } else { epoch_ms() }
    }

    /// Places an order, or advances one.
    async fn step(&self) -> Result<(), StoreError> {
        let may_place = !self.is_shop || self.has_room().await?;
        let open = self.store.some_open_order().await?;
        match open.filter(|_| !may_place || fastrand::f64() < ADVANCE_SHARE) {
            Some(order_id) => self.store.advance_order(DEMO_TRAFFIC, &order_id, None).await.map(drop),
            None if may_place => {
                let mut customers = demo_shop::customers(self.is_shop);
                fastrand::shuffle(&mut customers);
                let Some(customer) = customers.first() else { return Ok(()) };
                self.store.place_order(customer, demo_shop::items(&mut Rng::new())).await.map(drop)
            }
            None => Ok(()),
        }
    }

    async fn has_room(&self) -> Result<bool, StoreError> {
        let orders = self.store.figures().await?.orders;
        let is_open = |(status, _): &(Status, i64)| status.next().is_some();
        let open: i64 = Status::ALL.into_iter().zip(orders).filter(is_open).map(|(_, count)| count).sum();
        Ok(open < OPEN_MAX && orders.iter().sum::<i64>() < ORDERS_MAX)
    }
}
