//! The wire's table, with the buttons above it.

use super::{audit::audit, event_row::EntryRow};
use crate::{
    browser::{
        connection::{Connection, ConnectionState},
        page_state::PageState,
    },
    model::{event::STREAMS, user::User},
    view::{
        list::{Row, keyed_rows},
        live_text::live_text,
        received_events::{Entry, ReceivedEvents},
    },
};
use js_sys::JsString;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};

/// How long the network is taken away.
const OFFLINE: Duration = Duration::from_secs(10);

/// `children`: buttons, each with a value that says what it does.
#[island]
pub fn EventsTable(children: Children) -> impl IntoView {
    let (page_state, connection, received): (PageState, Connection, ReceivedEvents) =
        (expect_context(), expect_context(), expect_context());
    let (filter, paused) = (RwSignal::new(String::new()), RwSignal::new(None::<Vec<Entry>>));
    let shows_stats = RwSignal::new(false);
    let verdict = RwSignal::new(String::new());
    let gets_stats = page_state.user.with_value(User::is_staff);
    let disconnected = move || connection.state.get() == ConnectionState::Disconnected;
    let visible = move || {
        let filter = filter.get();
        let entries = paused.get().unwrap_or_else(|| received.get());
        entries
            .into_iter()
            .filter(|entry| entry.event.kind != STREAMS || shows_stats.get())
            .filter(|Entry { event, .. }| [&event.kind, &event.data, &event.id].iter().any(|text| lower_case(text).includes(&filter, 0)))
            .map(|entry| Row::new(entry.number, move || view! { <EntryRow entry /> }))
            .collect()
    };
    let pause = move |_| paused.update(|paused| *paused = if paused.is_some() { None } else { Some(received.get_untracked()) });
    let press = move |event: MouseEvent| {
        let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok()?.get_attribute("value"));
        match pressed.as_deref() {
            Some("cut") => connection.cut(),
            Some("silent") => {
                received.note("silent", "The page ignores the stream. It finds out after two keep-alives without a word.");
                connection.fall_silent();
            }
            Some("offline") => connection.go_offline(OFFLINE),
            Some("leader") => connection.change_leader(),
            Some("audit") => audit(received.seen(), page_state.cursor.get_untracked(), verdict),
            _ => {}
        }
    };
    view! {
        <div class="wire-toolbar">
            <button
                class="primary"
                data-testid="disconnect"
                on:click=move |_| if disconnected() { connection.retry() } else { connection.disconnect() }
                {..live_text(move || if disconnected() { "Reconnect" } else { "Disconnect" }.to_owned())}
            ></button>
            <div class="faults" role="group" aria-label="Break the connection, and audit" on:click=press>
                {children()}
            </div>
            <button
                on:click=pause
                type="button"
                {..live_text(move || if paused.with(Option::is_some) { "Resume" } else { "Pause" }.to_owned())}
            ></button>
            <input
                type="search"
                placeholder="Filter by type, id or data"
                aria-label="Filter events"
                on:input=move |event| filter.set(lower_case(&event_target_value(&event)).into())
            />
            <label class="secondary" hidden=!gets_stats>
                <input type="checkbox" on:change=move |_| shows_stats.update(|shows| *shows = !*shows) />
                "Console stats"
            </label>
            <span class="secondary">
                "Cursor " <code data-testid="cursor" {..live_text(move || page_state.cursor.get().to_string())}></code>
            </span>
        </div>
        <p class="verdict" role="status" data-testid="verdict" {..live_text(move || verdict.get())}></p>
        <div class="card table-card">
            <table data-testid="received-events">
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"id"</th>
                        <th scope="col">"event"</th>
                        <th scope="col">"data"</th>
                        <th scope="col" class="number">"Delay"</th>
                    </tr>
                </thead>
                <tbody>
                    {keyed_rows(visible)}
                </tbody>
            </table>
            <p
                class="empty"
                {..live_text(move || if received.is_empty() { "No events yet." } else { "No event matches." }.to_owned())}
            ></p>
        </div>
    }
}

/// By the browser: the standard library's would bring Unicode's tables into the WebAssembly.
fn lower_case(text: &str) -> JsString {
    JsString::from(text).to_lower_case()
}
