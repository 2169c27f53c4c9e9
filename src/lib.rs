//! Orderwire: a live order dashboard over server-sent events.
//!
//! # The way of the data
//!
//! ```text
//! actions (server functions) → server::store (one transaction: the change + its events) → server::live: bell → tail → hub → stream
//!   → GET /events → browser::line (EventSource, one for all tabs) → browser::board (signals) → view
//! ```
//!
//! Other ways in: `POST /api/push` (server::push) and the Redis stream `push.events` (server::queue). Several instances share a PostgreSQL: the
//! bell is carried between them by server::live::carrier, and server::roll knows who is connected where.
//!
//! The root holds the words, which are the same on both sides; a folder says where its code runs.
//!
//! # Invariants
//!
//! 1. An event has a sequence if and only if its transaction committed; sequence order is commit order.
//! 2. A lost ring costs a moment, never an event.
//! 3. On one stream the sequence only grows: no gap, no repeat; across any number of broken lines and restarts.
//! 4. Applying an event twice is the same as once.
//! 5. A cursor that cannot be served gets a `resync`, never silence.
//! 6. A stream bears its user's events and nobody else's.
//! 7. Only the stream and the browser's event source know `text/event-stream`.

#![recursion_limit = "256"]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod app;
pub mod browser;
pub mod model;
pub mod server_fns;
pub mod view;

#[cfg(feature = "ssr")]
pub mod server;

// The browser reads the same ids as the server writes, and has no server module.
#[cfg(feature = "ssr")]
pub use server::sse::event_id;
#[cfg(not(feature = "ssr"))]
#[path = "server/sse/event_id.rs"]
pub mod event_id;

/// The browser's entry: readies it for the islands, each of which then takes over its part of the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    if cfg!(debug_assertions) {
        console_error_panic_hook::set_once();
    }
    leptos::mount::hydrate_islands();
    view::live::provide_snapshot();
}
