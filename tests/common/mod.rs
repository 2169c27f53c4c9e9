//! The real program on a free port with a database of its own, and clients that use it over real sockets.

#![allow(dead_code, unused_imports, unused_macros)]

pub mod checker;
mod cluster;
mod databases;
mod make;
mod program;
mod proxy;
mod raw_stream;
mod services;
mod shell;
mod shop;
mod stream_client;
mod tls;
mod user;

pub use cluster::Cluster;
pub(crate) use databases::on_each_database;
pub use databases::{customer, items, open, outside, read_on, staff};
pub use make::{make, recipe, small, stdout};
pub use program::{PASSWORD, Program, TOKEN, add_user, faketime, orderwire, orderwire_within};
pub use proxy::{FaultProxy, LineFault, Proxy};
pub use raw_stream::RawStream;
pub use services::{Service, free_port};
pub use shell::{Shell, plain};
pub use shop::{agrees_with_itself, fill};
pub use stream_client::{Event, StreamClient, data, sequence};
pub use tls::{certificate, tls_connect};
pub use user::{TestUser, client, read};

use std::time::Duration;

/// How long anything may take before a test gives up: no promise of the program, only an end to hanging.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How many files this process may have open, once its limit is raised as far as it goes: each connection is one. Every test that starts
/// a program comes through here, so the TLS of its clients is set up here too.
pub fn files() -> usize {
    let _ = rustls::crypto::ring::default_provider().install_default();
    usize::try_from(rlimit::increase_nofile_limit(u64::MAX).unwrap()).unwrap()
}
