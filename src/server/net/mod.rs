//! The sockets: [`listener`] accepts connections, [`addresses`] bounds how many each address has, [`mod@tls`] shakes hands, and
//! [`connection`] serves one connection under [`deadlines`], or [`direct`] an event stream. [`mod@capacity`] shares out the open files, [`tcp`] finds out dead peers,
//! [`shutdown`] ends everything in order.

mod activity;
mod addresses;
mod capacity;
mod connection;
mod deadlines;
mod direct;
mod listener;
mod refusal;
mod request;
mod response_body;
mod serve_error;
mod shutdown;
mod tcp;
mod tls;

pub use addresses::ClientAddress;
pub use capacity::{Capacity, capacity};
pub use listener::{Routers, serve};
pub use serve_error::ServeError;
