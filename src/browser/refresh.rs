//! Asks the server for what events do not tell (see [`page_state`](super::page_state)), a little after it became due.

use super::{effect, fetch, page_state::PageState};
use leptos::{leptos_dom::helpers::set_interval, task::spawn_local};
use std::time::Duration;

/// How often a page asks at most.
const INTERVAL: Duration = Duration::from_secs(3);

/// Keeps it current for as long as the island lives.
pub fn keep_current(page_state: PageState) {
    effect(move || {
        set_interval(
            move || {
                if page_state.begin_refresh() {
                    spawn_local(async move { page_state.end_refresh(fetch::snapshot(page_state).await.ok()) });
                }
            },
            INTERVAL,
        );
    });
}
