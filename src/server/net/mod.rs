//! The sockets: [`listener`] accepts connections, [`mod@capacity`] shares out the open files, [`tcp`] bounds each connection and finds out dead
//! peers, [`shutdown`] ends everything in order.

mod capacity;
mod listener;
mod serve_error;
mod shutdown;
mod tcp;

pub use capacity::{Capacity, capacity};
pub use listener::serve;
pub use serve_error::ServeError;
