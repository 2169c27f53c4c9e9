//! The shop's data types, the same on both sides: audit, order, cart, notification, user, event, snapshot, console stats, preferences, error.
//! No I/O.

pub mod audit;
pub mod cart;
pub mod error;
pub mod event;
pub mod filter;
pub mod flash;
pub mod load_error;
pub mod notification;
pub mod order;
pub mod preferences;
pub mod redirect;
pub mod seen_order;
pub mod snapshot;
pub mod stats;
pub mod user;
