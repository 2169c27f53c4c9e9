//! Open connections, and the switch of the demo's traffic.

use crate::{
    browser::page_state::{self, PageState},
    model::stats::{ConnectionInfo, ConsoleStats},
    server_fns::{CutStream, DemoTraffic},
    view::{
        derived::derived,
        form::{Form, FormCall, FormError},
        in_use::watch_use,
        list::{Row, keyed_rows, leaving, waiting_rows},
        live_text::live_text,
        time::RelativeTime,
    },
};
use leptos::prelude::*;

#[island]
pub fn Connections() -> impl IntoView {
    let page_state: PageState = expect_context();
    let disconnect = FormCall::new::<CutStream>();
    let connections = page_state.connections;
    watch_use("[data-list=connections]", move |in_use| connections.set_in_use(in_use));
    let not_listed = |stats: &ConsoleStats| stats.figures.streams.saturating_sub(stats.streams.len());
    let more = move || page_state.console_stats.with(|stats| stats.as_ref().map_or(0, not_listed));
    view! {
        <section class="card live-list" data-list="connections" tabindex="-1" aria-labelledby="connections-title">
            <h2 id="connections-title">"Connections"</h2>
            <FormError call=disconnect />
            {waiting_rows(connections.waiting, Box::new(move || connections.show_waiting()), Box::new(|| ("new connection", "new connections")))}
            <ul class="connections" data-testid="connections">
                {keyed_rows(move || {
                    connections
                        .shown()
                        .into_iter()
                        .map(|row| {
                            let key = row.with_untracked(|connection| connection.client_id.clone());
                            Row::new(key, move || view! { <ConnectionRow row disconnect /> })
                        })
                        .collect()
                })}
            </ul>
            <p class="empty">"Nobody is connected."</p>
            <p
                class="secondary"
                hidden=derived(move || more() == 0)
                {..live_text(move || format!("and {} more", more()))}
            ></p>
        </section>
    }
}

#[component]
fn ConnectionRow(row: page_state::Row<ConnectionInfo>, disconnect: FormCall) -> impl IntoView {
    let signal = row.signal();
    let connection = signal.get_untracked();
    let lag = live_text(move || match signal.with(|connection| connection.behind) {
        Some(0) => "up to date".to_owned(),
        Some(1) => "1 event behind".to_owned(),
        Some(events) => format!("{events} events behind"),
        None => "far behind".to_owned(),
    });
    let instance = connection.instance.map(|instance| format!("on {instance}, "));
    let disconnect = disconnect.for_row(&connection.client_id);
    let label = format!("Disconnect {}, {}", connection.username, connection.browser);
    view! {
        <li data-leaving=leaving(row.leaving())>
            <div>
                <strong>{connection.username}</strong>
                " "
                <span>{connection.browser}</span>
                <p>{instance} "connected " <RelativeTime at=connection.since /> ", " <span {..lag}></span></p>
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
    let on = move || page_state.console_stats.with(|stats| stats.as_ref().and_then(|stats| stats.traffic) == Some(true));
    view! {
        <section class="card demo-traffic" aria-labelledby="demo-traffic-title">
            <h2 id="demo-traffic-title">"Demo traffic"</h2>
            <p class="secondary">"Orders are placed and advance by themselves."</p>
            <Form call=switch>
                <input type="hidden" name="on" value=derived(move || (!on()).to_string()) />
                <button data-testid="demo-traffic" {..live_text(move || if on() { "Stop" } else { "Start" }.to_owned())}></button>
                <FormError call=switch />
            </Form>
        </section>
    }
}
