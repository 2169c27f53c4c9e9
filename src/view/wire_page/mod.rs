//! The wire page: the user's own event stream, event by event, and a button that disconnects it. It shows how resuming works.

use super::{
    layout::Layout,
    list::{Row, keyed_rows},
    live_text::live_text,
    received_events::ReceivedEvents,
    time::{clock_difference, local_time_of_day},
};
use crate::{
    browser::{
        connection::{Connection, ConnectionState, ReceivedEvent},
        json,
        page_state::PageState,
    },
    model::{event::STREAMS, user::User},
};
use js_sys::JsString;
use leptos::prelude::*;

/// Event types that the server sends without an id. For these the browser reports the id of the event before.
const WITHOUT_ID: [&str; 2] = ["streams", "session.ended"];

#[component]
pub fn WirePage() -> impl IntoView {
    view! { <Layout title="The wire" page=|_| view! { <Content /> }.into_any() /> }
}

#[component]
fn Content() -> impl IntoView {
    view! {
        <section class="wire" aria-labelledby="wire-title">
            <h1 id="wire-title">"The wire"</h1>
            <p class="lead">
                "Each row is an event of your own "
                <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">"event stream"</a>
                ", as this page received it. An id is a position in the log. Disconnect, let something happen, and reconnect: the browser asks for
                everything after the last id, so that no event is missed and none comes twice."
            </p>
            <noscript>
                <p class="card">"This page needs JavaScript. Without it, watch the stream with " <code>"curl -N -b cookies.txt …/events"</code></p>
            </noscript>
            <ReceivedEventsTable />
        </section>
    }
}

#[island]
fn ReceivedEventsTable() -> impl IntoView {
    let (page_state, connection, received): (PageState, Connection, ReceivedEvents) =
        (expect_context(), expect_context(), expect_context());
    let (filter, paused) = (RwSignal::new(String::new()), RwSignal::new(None::<Vec<(u64, ReceivedEvent)>>));
    let shows_stats = RwSignal::new(false);
    let gets_stats = page_state.user.with_value(User::is_staff);
    let disconnected = move || connection.state.get() == ConnectionState::Disconnected;
    let visible = move || {
        let filter = filter.get();
        let events = paused.get().unwrap_or_else(|| received.get());
        events
            .into_iter()
            .filter(|(_, event)| event.kind != STREAMS || shows_stats.get())
            .filter(|(_, event)| [&event.kind, &event.data, &event.id].iter().any(|text| lower_case(text).includes(&filter, 0)))
            .map(|(number, event)| Row::new(number, move || view! { <EventRow event /> }))
            .collect()
    };
    let pause = move |_| paused.update(|paused| *paused = if paused.is_some() { None } else { Some(received.get_untracked()) });
    view! {
        <div class="wire-toolbar">
            <button
                class="primary"
                data-testid="disconnect"
                on:click=move |_| if disconnected() { connection.retry() } else { connection.disconnect() }
                {..live_text(move || if disconnected() { "Reconnect" } else { "Disconnect" }.to_owned())}
            ></button>
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

#[component]
fn EventRow(event: ReceivedEvent) -> impl IntoView {
    let delay = delay_ms(&event).map(|delay| format!("{delay} ms")).unwrap_or_default();
    let kind = event.kind.clone();
    let id = if WITHOUT_ID.contains(&kind.as_str()) { String::new() } else { event.id };
    view! {
        <tr data-testid="received-event" data-kind=kind>
            <td class="time">{local_time_of_day(event.came)}</td>
            <td class="event-id">
                <code>{id}</code>
            </td>
            <td class="event-type">
                <code>{event.kind}</code>
            </td>
            <td class="data">
                <code>{event.data}</code>
            </td>
            <td class="number">{delay}</td>
        </tr>
    }
}

/// By the browser: the standard library's would bring Unicode's tables into the WebAssembly.
fn lower_case(text: &str) -> JsString {
    JsString::from(text).to_lower_case()
}

/// Milliseconds from the commit to the page; `None` for an event that is not in the log.
fn delay_ms(received: &ReceivedEvent) -> Option<i64> {
    let event = json::read_event(&received.kind, &received.data).ok()??;
    let committed = js_sys::Date::parse(event.time()?);
    committed.is_finite().then(|| (received.came - clock_difference(received.ahead) - committed as i64).max(0))
}
