//! What runs in the browser: the line to the server ([`line`]), the tabs that share it ([`tabs`]), and the state that its events carry on
//! ([`board`]).
//!
//! It compiles on both sides, so that views need no `cfg`; it runs in effects, which the server has none of.

pub mod board;
pub mod fetch;
pub mod json;
pub mod line;
pub mod tabs;
