//! A row of the wire's table: an event, or a state of the connection.

use super::json_markup::{escaped, json_markup};
use crate::{
    browser::{connection::ReceivedEvent, json},
    view::{
        received_events::Entry,
        time::{clock_difference, local_time_of_day},
    },
};
use leptos::prelude::*;

/// Event types that the server sends without an id. For these the browser reports the id of the event before.
const WITHOUT_ID: [&str; 2] = ["streams", "session.ended"];

/// The data of an event is folded; unfolded, it is markup that is made from it, in which nothing of it is markup. A state is its text alone.
#[component]
pub fn EntryRow(entry: Entry) -> impl IntoView {
    let Entry { event, is_state, .. } = entry;
    let delay = delay_ms(&event);
    let replayed = delay.is_some_and(|delay| delay > event.open_for);
    let delay = match delay {
        Some(_) if replayed => "replayed".into(),
        Some(delay) => format!("{delay} ms"),
        None => String::new(),
    };
    let kind = event.kind.clone();
    let id = if WITHOUT_ID.contains(&kind.as_str()) { String::new() } else { event.id };
    let mut data = escaped(&event.data);
    if !is_state {
        data = format!("<details><summary><code>{data}</code></summary><pre>{}</pre></details>", json_markup(&event.data));
    }
    view! {
        <tr data-testid="received-event" data-kind=kind data-is-state=is_state.to_string() data-replayed=replayed.to_string()>
            <td class="time">{local_time_of_day(event.came)}</td>
            <td class="event-id">
                <code>{id}</code>
            </td>
            <td class="event-type">
                <code>{event.kind}</code>
            </td>
            <td class="data" inner_html=data></td>
            <td class="number">{delay}</td>
        </tr>
    }
}

/// Milliseconds from the commit to the page; `None` for an event that is not in the log.
fn delay_ms(received: &ReceivedEvent) -> Option<i64> {
    let event = json::read_event(&received.kind, &received.data).ok()??;
    let committed = js_sys::Date::parse(event.time()?);
    committed.is_finite().then(|| (received.came - clock_difference(received.ahead) - committed as i64).max(0))
}
