//! The real program on a free port with a database of its own, and people who use it over real sockets.

#![allow(dead_code, unused_imports)]

pub mod checker;
mod cluster;
mod person;
mod program;
mod proxy;
mod raw;
mod reader;
mod services;
mod shell;

pub use cluster::Cluster;
pub use person::{Person, client, read};
pub use program::{Program, TOKEN, add_user, orderwire, orderwire_within};
pub use proxy::Proxy;
pub use raw::Raw;
pub use reader::{Event, Reader, data, sequence};
pub use services::{Service, free_port};
pub use shell::{Shell, plain};

use std::time::Duration;

/// How long anything may take before a test gives up: no promise, only the end of hanging.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How many files this process may have open, once its limit is raised as far as it goes: each connection is one. Every test that starts
/// something comes by here, and so its clients' TLS is made ready here too.
pub fn files() -> usize {
    let _ = rustls::crypto::ring::default_provider().install_default();
    usize::try_from(rlimit::increase_nofile_limit(u64::MAX).unwrap()).unwrap()
}
