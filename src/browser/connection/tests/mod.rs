//! Tests of the machine, without a browser: each promise of the browser suite on a simulated server and tabs ([`promises`], [`waits`],
//! [`tabs`]), random inputs ([`properties`]), and every order of events of up to three tabs ([`search`]).

mod promises;
mod properties;
mod search;
mod server;
mod tab;
mod tabs;
mod waits;
mod world;
