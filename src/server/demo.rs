//! The demo's traffic: orders that are placed and move by themselves, so that one person alone can see the wire at work.

use super::store::{DEMO_PEOPLE, Store};
use crate::{
    error::Error,
    order::{CATALOGUE, Item},
    user::Role,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::AbortHandle, time::sleep};

/// Something happens once in up to this long.
const PAUSE: Duration = Duration::from_millis(2_500);

/// It stops by itself: a demo that was forgotten must not fill its disk.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The switch. Clones share it.
#[derive(Clone)]
pub struct Traffic {
    store: Store,
    running: Arc<Mutex<Option<AbortHandle>>>,
}

impl Traffic {
    pub fn new(store: Store) -> Self {
        Self { store, running: Arc::default() }
    }

    pub fn is_on(&self) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Turned on again, it runs its whole time from now.
    pub fn turn(&self, on: bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = running.take() {
            task.abort();
        }
        if on {
            let store = self.store.clone();
            *running = Some(tokio::spawn(async move { _ = tokio::time::timeout(LONGEST, go_on(store)).await }).abort_handle());
        }
    }
}

async fn go_on(store: Store) {
    loop {
        if let Err(error) = step(&store).await {
            tracing::warn!(%error, "demo traffic");
        }
        sleep(PAUSE.mul_f64(0.2 + 0.8 * fastrand::f64())).await;
    }
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
