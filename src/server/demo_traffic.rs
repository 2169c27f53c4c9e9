//! Demo traffic: orders that are placed and advance by themselves, so that one user alone sees live events.

use super::{
    clock::{epoch_ms, millis},
    store::{DEMO_TRAFFIC, DEMO_USERS, Store, StoreError},
};
use crate::model::{
    order::{CATALOGUE, Item},
    user::Role,
};
use std::time::Duration;
use tokio::time::sleep;

/// The longest pause between two steps.
const PAUSE_MAX: Duration = Duration::from_millis(2_500);

/// How long it runs before it turns itself off: a forgotten demo must not fill the disk.
const RUN_TIME: Duration = Duration::from_secs(15 * 60);

/// How often an instance asks whether a step is due.
const POLL: Duration = Duration::from_millis(250);

/// The share of steps that advance an order, where one is open; the others place one.
const ADVANCE_SHARE: f64 = 0.75;

/// The switch: one for all instances. Clones share it.
#[derive(Clone)]
pub struct Traffic(Store);

impl Traffic {
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    pub async fn is_on(&self) -> Result<bool, StoreError> {
        self.0.traffic_runs(epoch_ms()).await
    }

    /// Turns it on, for its whole run time from now, or off.
    pub async fn turn(&self, on: bool) -> Result<(), StoreError> {
        self.0.run_traffic(if on { epoch_ms() + millis(RUN_TIME) } else { 0 }).await
    }

    /// Takes the steps that are due, for as long as the program runs. Of all instances, one takes each step.
    pub async fn run(self) {
        loop {
            let next = epoch_ms() + millis(PAUSE_MAX.mul_f64(0.2 + 0.8 * fastrand::f64()));
            match self.0.take_step(epoch_ms(), next).await {
                Ok(false) => {}
                Ok(true) => {
                    if let Err(error) = step(&self.0).await {
                        tracing::warn!(%error, "demo traffic");
                    }
                }
                // The store has logged it.
                Err(_) => sleep(PAUSE_MAX).await,
            }
            sleep(POLL).await;
        }
    }
}

/// Places an order, or advances one.
async fn step(store: &Store) -> Result<(), StoreError> {
    let open = store.some_open_order().await?;
    match open.filter(|_| fastrand::f64() < ADVANCE_SHARE) {
        Some(order_id) => store.advance_order(DEMO_TRAFFIC, &order_id, None).await.map(drop),
        None => {
            let customers: Vec<_> = DEMO_USERS.iter().filter(|(_, role)| *role == Role::Customer).collect();
            let Some((customer, _)) = fastrand::choice(customers) else { return Ok(()) };
            let items = fastrand::choose_multiple(CATALOGUE, fastrand::usize(1..=3)).into_iter().map(|product| Item {
                sku: product.sku.into(),
                name: product.name.into(),
                quantity: fastrand::u32(1..=3),
                price_cents: product.price_cents,
            });
            store.place_order(customer, items.collect()).await.map(drop)
        }
    }
}
