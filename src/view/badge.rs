//! The state of the line, in words and colour; true at every moment.

use crate::browser::connection::{Connection, ConnectionState, RetryReason};
use leptos::prelude::*;

#[island]
pub fn Badge() -> impl IntoView {
    let line: Connection = expect_context();
    let state = line.state;
    let name = Signal::derive(move || name(state.get()).to_owned());
    let text = Signal::derive(move || text(state.get()));
    let waiting = move || matches!(state.get(), ConnectionState::Waiting { .. });
    view! {
        <span class="badge" data-testid="line" data-state=name>
            <span class="dot" aria-hidden="true"></span>
            // The count-down would be read out every second; its start and its end are enough.
            <span role="status" aria-live=Signal::derive(move || if waiting() { "off" } else { "polite" }.to_owned())>{text}</span>
            <button class="link" hidden=Signal::derive(move || !waiting()) on:click=move |_| line.retry()>
                {Signal::derive(move || if waiting() { "Now" } else { "" }.to_owned())}
            </button>
        </span>
        <noscript>
            <span class="badge-off">"Reload to refresh"</span>
        </noscript>
    }
}

fn name(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Opening => "opening",
        ConnectionState::Live | ConnectionState::CaughtUp(_) => "live",
        ConnectionState::Waiting { .. } => "waiting",
        ConnectionState::Offline => "offline",
        ConnectionState::Cut => "cut",
        ConnectionState::SignedOut => "signed-out",
    }
}

fn text(state: ConnectionState) -> String {
    match state {
        ConnectionState::Opening => "Connecting…".into(),
        ConnectionState::Live => "Live".into(),
        ConnectionState::CaughtUp(missed) => format!("Caught up: {missed} missed"),
        ConnectionState::Waiting { seconds, why: RetryReason::Broken } => format!("Reconnecting in {seconds} s"),
        ConnectionState::Waiting { seconds, why: RetryReason::TooMany } => format!("Too many browsers, next try in {seconds} s"),
        ConnectionState::Waiting { seconds, why: RetryReason::Busy } => format!("Server busy, next try in {seconds} s"),
        ConnectionState::Offline => "Offline".into(),
        ConnectionState::Cut => "Cut by hand".into(),
        ConnectionState::SignedOut => "Signed out".into(),
    }
}
