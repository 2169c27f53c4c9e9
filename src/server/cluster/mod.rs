//! Several instances that share one database: [`presence`] knows who is connected on all of them, [`redis_relay`] wakes the other
//! instances' log tails after a commit, and [`redis_ingest`] appends the events that other programs add to a Redis stream.

mod presence;
mod redis_ingest;
mod redis_relay;

pub use presence::{Presence, RegisterError};
pub use redis_ingest::ingest;
pub use redis_relay::{RelayStatus, relay};
