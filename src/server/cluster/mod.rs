//! Several instances that share one database: [`presence`] knows who is connected on all of them, [`redis_relay`] wakes the others' log
//! tails after a commit, and [`redis_ingest`] appends the events that other programs put into a Redis stream.

pub mod presence;
pub mod redis_ingest;
mod redis_relay;

pub use presence::Presence;
pub use redis_relay::{RelayStatus, relay};
