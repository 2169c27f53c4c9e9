//! The sockets: [`listener`] accepts connections, [`tcp`] finds out peers that vanished, [`shutdown`] ends everything in good order.

pub mod listener;
mod shutdown;
mod tcp;
