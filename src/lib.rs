//! Orderwire: a live order dashboard over server-sent events. This page is the map: the path of an event, the folders, the invariants.
//!
//! # The path of an event
//!
//! A user presses a button; every page that it concerns changes. The stations, in order:
//!
//! 1. [`server_fns`]: the server function, called by a form through [`server::http`]. It checks who the user is, calls the
//!    store, and answers.
//! 2. [`server::store`]: one transaction writes the change and its events to the log.
//! 3. [`CommitNotifier`](server::sse::CommitNotifier): wakes the log's reader after the commit. It carries no data.
//!    [`relay`](server::cluster::relay) carries the wake-up to other instances, over Redis.
//! 4. [`tail`](server::sse::tail): the one reader of the log in an instance.
//! 5. [`Hub`](server::sse::Hub): who is connected; each event goes into the replay buffers of the users that it concerns.
//! 6. [`EventStream`](server::sse::EventStream): a cursor in the log. It reads past the cursor, sends, and waits. `GET /events`
//!    ([`server::http::events`]) opens it at the position of the page.
//! 7. [`browser::connection`]: the browser's `EventSource`, one for all tabs ([`browser::tabs`]).
//! 8. [`browser::page_state`]: the page's signals, which started as a [`Snapshot`](model::snapshot::Snapshot).
//! 9. [`view`]: signals in, markup out.
//!
//! Events also come in over `POST /api/push` ([`server::http::push`]) and a Redis stream ([`ingest`](server::cluster::ingest)). What is not
//! in the log is ephemeral: the console stats ([`server::console_stats`]).
//!
//! # The folders
//!
//! [`model`] and [`server_fns`] are for both sides; [`server`] runs on the server only; [`browser`] and [`view`] run in the browser, and
//! render there what the server has rendered before. Imports run one way: view → browser → model; server/http → store, cluster → sse.
//! `tests/architecture.rs` checks it.
//!
//! # The invariants
//!
//! Tests prove each. The tests named here are the main ones; `invariant_N` in a test's name finds all of invariant N.
//!
//! 1. An event has a sequence if and only if its transaction committed; sequence order is commit order.
//!    (`tests/store.rs`: `an_event_has_a_sequence_if_and_only_if_its_change_committed`)
//! 2. A lost wake-up costs a moment, never an event.
//!    (`tests/log.rs`: `invariant_2_a_lost_wake_up_costs_a_moment_never_an_event`)
//! 3. On one stream the sequence only grows: no gap, no repeat; across any number of broken connections and restarts.
//!    (`tests/exactly_once.rs`: `invariant_3_each_client_receives_exactly_what_was_committed_for_its_user_in_order`)
//! 4. Applying an event twice is the same as once.
//!    (`src/browser/page_state/tests.rs`: `applying_an_event_twice_is_the_same_as_once`)
//! 5. A cursor that cannot be served gets a `resync`, never silence; also where the log itself went back (a backup restored, a failover
//!    that lost commits).
//!    (`tests/resume.rs`: `invariant_5_a_cursor_that_cannot_be_served_gets_one_resync_never_silence`,
//!    `src/server/sse/tests/stream.rs`: `invariant_5_a_new_epoch_under_open_streams_gives_each_one_resync`)
//! 6. A stream carries its user's events and nobody else's, and ends with its session.
//!    (`tests/stream.rs`: `invariant_6_a_stream_carries_its_users_events_and_nobody_elses`,
//!    `tests/stream.rs`: `invariant_6_signing_out_ends_the_sessions_streams_and_no_others`)
//! 7. What a page shows live is what it shows after a reload (rows that wait for a user's action aside, which say that they wait).
//!    (`tests/page_state.rs`: `invariant_7_what_a_page_shows_live_is_what_it_shows_after_a_reload`,
//!    `src/browser/page_state/tests.rs`: `invariant_7_rows_keep_their_places_in_use_and_are_those_of_a_reload_after_it`)
//! 8. No fault outlasts its cause: when the disk, the database, Redis or the network is back, the program serves within seconds, without a
//!    restart; until then it says so (`/readyz`, a clear refusal) and takes nothing that it would lose.
//!    (`tests/instances.rs`: `invariant_8_while_the_database_is_away_requests_are_503_and_streams_wait`,
//!    `tests/redis.rs`: `invariant_8_without_redis_events_come_with_a_delay_and_nothing_is_lost`)
//!
//! # The browser's entry
//!
//! `hydrate`, at the end of this file: the WebAssembly's start. Each island then takes over its part of the page that the server rendered.

#![forbid(unsafe_code)]
#![recursion_limit = "256"]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "ssr")]
pub mod app;
pub mod browser;
pub mod model;
pub mod server_fns;
pub mod view;

#[cfg(feature = "ssr")]
pub mod server;

// The browser parses the ids that the server writes, and has no module `server`.
#[cfg(feature = "ssr")]
pub use server::sse::event_id;
#[cfg(not(feature = "ssr"))]
#[path = "server/sse/event_id.rs"]
pub mod event_id;

/// The browser's entry: hydrates the islands, each of which takes over its part of the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    if cfg!(debug_assertions) {
        console_error_panic_hook::set_once();
    }
    view::hydrated::take_foreign_nodes_out();
    leptos::mount::hydrate_islands();
    view::live::provide_snapshot();
}
