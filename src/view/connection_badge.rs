//! The connection badge: the state of the connection in words and colour, true at every moment, and a button that tries again now.

use super::{derived::derived, focus::hidden_without_focus, live_text::live_text};
use crate::browser::connection::{Connection, ConnectionState, RetryReason};
use leptos::prelude::*;

#[island]
pub fn ConnectionBadge() -> impl IntoView {
    let connection: Connection = expect_context();
    let state = connection.state;
    let name = derived(move || state_name(state.get()).to_owned());
    let text = live_text(move || state_text(state.get()));
    let waiting = move || matches!(state.get(), ConnectionState::Waiting { .. });
    let retry = NodeRef::new();
    let retry_text = move || match state.get() {
        ConnectionState::Waiting { .. } => "Retry now",
        ConnectionState::Offline => "Try now",
        _ => "",
    };
    let no_retry = hidden_without_focus(retry, derived(move || retry_text().is_empty()));
    view! {
        <span class="connection-badge" data-testid="connection" data-state=name tabindex="-1">
            <span class="dot" aria-hidden="true"></span>
            // A screen reader would read every second of the count-down aloud; its start and its end are enough.
            <span
                role="status"
                aria-live=derived(move || if waiting() { "off" } else { "polite" }.to_owned())
                {..text}
            ></span>
            <button
                node_ref=retry
                class="link"
                hidden=no_retry
                on:click=move |_| connection.retry()
                {..live_text(move || retry_text().to_owned())}
            ></button>
        </span>
        <noscript>
            <span class="no-script-badge">"Reload to refresh"</span>
        </noscript>
    }
}

/// The state's name, as style sheets and tests know it.
pub fn state_name(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Opening => "opening",
        ConnectionState::Live | ConnectionState::CaughtUp(_) => "live",
        ConnectionState::Waiting { .. } => "waiting",
        ConnectionState::Offline => "offline",
        ConnectionState::Disconnected => "disconnected",
        ConnectionState::SignedOut => "signed-out",
    }
}

/// The state as the user reads it.
pub fn state_text(state: ConnectionState) -> String {
    match state {
        ConnectionState::Opening => "Connecting…".into(),
        ConnectionState::Live => "Live".into(),
        ConnectionState::CaughtUp(1) => "Caught up on 1 event".into(),
        ConnectionState::CaughtUp(missed) => format!("Caught up on {missed} events"),
        ConnectionState::Waiting { seconds, why: RetryReason::Broken } => format!("Reconnecting in {seconds} s"),
        ConnectionState::Waiting { seconds, why: RetryReason::TooMany } => format!("Too many connections, retrying in {seconds} s"),
        ConnectionState::Waiting { seconds, why: RetryReason::Busy } => format!("Server busy, retrying in {seconds} s"),
        ConnectionState::Offline => "Offline".into(),
        ConnectionState::Disconnected => "Disconnected by you".into(),
        ConnectionState::SignedOut => "Signed out".into(),
    }
}
