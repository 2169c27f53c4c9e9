//! What runs in the browser: the connection to the server ([`connection`]), the tabs that share it ([`tabs`]), and the page state that its
//! events change ([`page_state`]).
//!
//! It compiles on both sides, so that views need no `cfg`; it runs in effects, which the server has none of.

use leptos::prelude::Effect;

pub mod connection;
pub mod fetch;
pub mod json;
pub mod page_state;
pub mod refresh;
pub mod tabs;

/// Does it in the browser, once the island is there, and again whenever a signal that it reads has changed. All effects are of this one
/// type: each of its own would bring a kilobyte of WebAssembly (docs/weight.md).
pub fn effect(run: impl Fn() + 'static) {
    run_effect(Box::new(run));
}

/// A closure inside of a generic function is generic as well.
fn run_effect(run: Box<dyn Fn()>) {
    Effect::new(move |_| run());
}
