//! The routes, and what every request passes: [`auth`] says who asks, [`router`] ties the routes to their handlers.

pub mod api;
pub mod auth;
mod build_id;
mod events;
mod health;
pub mod push;
pub mod router;
