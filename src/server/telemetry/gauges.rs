//! Gauges that are read when somebody asks, and cost nothing in between.

use crate::server::{cluster::RelayStatus, store::Store};
use metrics::gauge;
use tokio::sync::watch;

/// Sets them to what is now. `relay` is the status of the Redis relay, where there is one.
pub fn refresh(store: &Store, relay: Option<&watch::Receiver<RelayStatus>>) {
    for (purpose, connections) in store.connections() {
        gauge!("orderwire_database_connections", "purpose" => purpose).set(f64::from(connections.size));
        gauge!("orderwire_database_connections_in_use", "purpose" => purpose).set(f64::from(connections.in_use));
    }
    for (part, works) in store.parts() {
        gauge!("orderwire_ready", "part" => part).set(f64::from(u8::from(works)));
    }
    let connected = relay.map_or(-1.0, |status| f64::from(u8::from(status.borrow().is_ok())));
    gauge!("orderwire_redis_connected").set(connected);
}
