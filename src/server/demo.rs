//! The demo's traffic: orders that are placed and move by themselves, so that one person alone can see the wire at work.

use super::store::{DEMO_PEOPLE, Store};
use crate::model::{
    error::Error,
    order::{CATALOGUE, Item},
    user::Role,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;

/// Something happens once in up to this long.
const PAUSE: Duration = Duration::from_millis(2_500);

/// It stops by itself: a demo that was forgotten must not fill its disk.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How often an instance looks whether a step is due.
const LOOK: Duration = Duration::from_millis(250);

/// The switch: one for all instances. Clones share it.
#[derive(Clone)]
pub struct Traffic(Store);

impl Traffic {
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    pub async fn is_on(&self) -> Result<bool, Error> {
        self.0.traffic_runs(now()).await
    }

    /// Turned on again, it runs its whole time from now.
    pub async fn turn(&self, on: bool) -> Result<(), Error> {
        self.0.run_traffic(if on { now() + milliseconds(LONGEST) } else { 0 }).await
    }

    /// Takes its share of the steps, for as long as the program runs.
    pub async fn go_on(self) {
        loop {
            let next = now() + milliseconds(PAUSE.mul_f64(0.2 + 0.8 * fastrand::f64()));
            match self.0.take_step(now(), next).await {
                Ok(false) => {}
                Ok(true) => {
                    if let Err(error) = step(&self.0).await {
                        tracing::warn!(%error, "demo traffic");
                    }
                }
                // The store has logged it.
                Err(_) => sleep(PAUSE).await,
            }
            sleep(LOOK).await;
        }
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// One order more, or one a step further.
async fn step(store: &Store) -> Result<(), Error> {
    let open = store.some_open_order().await?;
    match open.filter(|_| fastrand::f64() < 0.75) {
        Some(order_id) => store.advance_order(&order_id).await.map(drop),
        None => {
            let customers: Vec<_> = DEMO_PEOPLE.iter().filter(|(_, role)| *role == Role::Customer).collect();
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
