//! The state of the line, in words and colour; true at every moment.

use crate::browser::line::{Line, LineState};
use leptos::prelude::*;

#[component]
pub fn Badge(line: Line) -> impl IntoView {
    let state = line.state;
    let name = move || match state.get() {
        LineState::Opening => "opening",
        LineState::Live | LineState::CaughtUp(_) => "live",
        LineState::Waiting(_) => "waiting",
        LineState::Offline => "offline",
        LineState::SignedOut => "signed-out",
    };
    let text = move || match state.get() {
        LineState::Opening => "Connecting…".into(),
        LineState::Live => "Live".into(),
        LineState::CaughtUp(0) => "Live, nothing missed".into(),
        LineState::CaughtUp(missed) => format!("Caught up: {missed} missed"),
        LineState::Waiting(seconds) => format!("Reconnecting in {seconds} s"),
        LineState::Offline => "Offline".into(),
        LineState::SignedOut => "Signed out".into(),
    };
    view! {
        <span class="badge" data-testid="line" data-state=name>
            <span class="dot" aria-hidden="true"></span>
            // The count-down would be read out every second; its start and its end are enough.
            <span role="status" aria-live=move || if name() == "waiting" { "off" } else { "polite" }>{text}</span>
            <Show when=move || name() == "waiting">
                <button class="link" on:click=move |_| line.retry()>"Now"</button>
            </Show>
        </span>
        <noscript>
            <span class="badge-off">"Reload to refresh"</span>
        </noscript>
    }
}
