//! The words of the shop, the same on both sides: what an order, a notification, a user, an event and a snapshot are. No I/O.

pub mod cart;
pub mod error;
pub mod event;
pub mod notification;
pub mod order;
pub mod redirect;
pub mod snapshot;
pub mod stats;
pub mod user;
