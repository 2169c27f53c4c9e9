//! The state of the line, in words and colour; true at every moment.

use crate::browser::line::{Line, LineState, Why};
use leptos::prelude::*;

#[island]
pub fn Badge() -> impl IntoView {
    let line: Line = expect_context();
    let state = line.state;
    let name = Signal::derive(move || name(state.get()).to_owned());
    let text = Signal::derive(move || text(state.get()));
    let waiting = move || matches!(state.get(), LineState::Waiting { .. });
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

fn name(state: LineState) -> &'static str {
    match state {
        LineState::Opening => "opening",
        LineState::Live | LineState::CaughtUp(_) => "live",
        LineState::Waiting { .. } => "waiting",
        LineState::Offline => "offline",
        LineState::Cut => "cut",
        LineState::SignedOut => "signed-out",
    }
}

fn text(state: LineState) -> String {
    match state {
        LineState::Opening => "Connecting…".into(),
        LineState::Live => "Live".into(),
        LineState::CaughtUp(missed) => format!("Caught up: {missed} missed"),
        LineState::Waiting { seconds, why: Why::Broken } => format!("Reconnecting in {seconds} s"),
        LineState::Waiting { seconds, why: Why::TooMany } => format!("Too many browsers, next try in {seconds} s"),
        LineState::Waiting { seconds, why: Why::Busy } => format!("Server busy, next try in {seconds} s"),
        LineState::Offline => "Offline".into(),
        LineState::Cut => "Cut by hand".into(),
        LineState::SignedOut => "Signed out".into(),
    }
}
