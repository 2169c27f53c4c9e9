//! Open connections, and the switch of the demo's traffic.

use crate::{
    browser::page_state::PageState,
    model::{
        snapshot::SnapshotStoreFields,
        stats::{ConnectionInfo, ConsoleStats},
    },
    server_fns::{CutStream, DemoTraffic},
    view::{
        form::{Form, FormCall, FormError},
        list::{Row, keyed_rows},
        time::RelativeTime,
    },
};
use leptos::prelude::*;

#[island]
pub fn Connections() -> impl IntoView {
    let page_state: PageState = expect_context();
    let disconnect = FormCall::new::<CutStream>();
    let connections =
        move || page_state.console_stats().with(|stats| stats.as_ref().map(|stats| stats.streams.clone()).unwrap_or_default());
    let not_listed = |stats: &ConsoleStats| stats.figures.streams.saturating_sub(stats.streams.len());
    let more = move || page_state.console_stats().with(|stats| stats.as_ref().map_or(0, not_listed));
    view! {
        <section class="card" aria-labelledby="connections-title">
            <h2 id="connections-title">"Connections"</h2>
            <FormError call=disconnect />
            <ul class="connections" data-testid="connections">
                {keyed_rows(move || {
                    connections()
                        .into_iter()
                        .map(|connection| {
                            Row::new(connection.client_id.clone(), move || view! { <ConnectionRow connection disconnect /> })
                        })
                        .collect()
                })}
            </ul>
            <p class="empty">"Nobody is connected."</p>
            <p class="secondary" hidden=Signal::derive(move || more() == 0)>
                {Signal::derive(move || format!("and {} more", more()))}
            </p>
        </section>
    }
}

#[component]
fn ConnectionRow(connection: ConnectionInfo, disconnect: FormCall) -> impl IntoView {
    let page_state: PageState = expect_context();
    let id = connection.client_id.clone();
    let lag = Signal::derive(move || {
        let lag = page_state.console_stats().with(|stats| {
            let connection = stats.as_ref()?.streams.iter().find(|stream| stream.client_id == id)?;
            Some(match connection.behind {
                Some(0) => "up to date".to_owned(),
                Some(1) => "1 event behind".to_owned(),
                Some(events) => format!("{events} events behind"),
                None => "far behind".to_owned(),
            })
        });
        lag.unwrap_or_default()
    });
    let instance = connection.instance.map(|instance| format!("on {instance}, "));
    let disconnect = disconnect.for_row(&connection.client_id);
    let label = format!("Disconnect {}, {}", connection.username, connection.browser);
    view! {
        <li>
            <div>
                <strong>{connection.username}</strong>
                " "
                <span>{connection.browser}</span>
                <p>{instance} "connected " <RelativeTime at=connection.since /> ", " {lag}</p>
                <FormError call=disconnect />
            </div>
            <Form call=disconnect>
                <input type="hidden" name="client_id" value=connection.client_id />
                <button class="quiet danger" aria-label=label>"Disconnect"</button>
            </Form>
        </li>
    }
}

/// Starts and stops the demo's traffic.
#[island]
pub fn DemoTrafficSwitch() -> impl IntoView {
    let page_state: PageState = expect_context();
    let switch = FormCall::new::<DemoTraffic>();
    let on = move || page_state.console_stats().with(|stats| stats.as_ref().and_then(|stats| stats.traffic) == Some(true));
    view! {
        <section class="card demo-traffic" aria-labelledby="demo-traffic-title">
            <h2 id="demo-traffic-title">"Demo traffic"</h2>
            <p class="secondary">"Places and advances orders of ada and grace for 15 minutes."</p>
            <Form call=switch>
                <input type="hidden" name="on" value=Signal::derive(move || (!on()).to_string()) />
                <button data-testid="demo-traffic">
                    {Signal::derive(move || if on() { "Stop" } else { "Start" }.to_owned())}
                </button>
                <FormError call=switch />
            </Form>
        </section>
    }
}
