//! Everything that runs on the server. [`cli`] reads the command line; [`serve`] builds the program from its parts and runs it; what
//! handlers share is [`AppState`].
//!
//! On the way of the data: [`http`] is the door (router, authentication, server functions), [`store`] writes a change and its events in one
//! transaction, [`sse`] delivers them to the open streams. [`cluster`] joins several instances; [`net`] holds the sockets.

pub mod cli;
pub mod clock;
pub mod cluster;
pub mod console_stats;
pub mod demo_shop;
pub mod demo_traffic;
mod housekeeping;
pub mod http;
pub mod net;
pub mod public_url;
pub mod rate;
mod serve;
pub mod settings;
pub mod single_flight;
pub mod sse;
mod startup_error;
mod state;
pub mod store;
pub mod telemetry;

pub use state::AppState;
