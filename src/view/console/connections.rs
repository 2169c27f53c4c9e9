//! Who is connected, and the demo's switch.

use crate::{
    browser::page_state::PageState,
    model::{snapshot::SnapshotStoreFields, stats::ConnectionInfo},
    server_fns::{CutStream, DemoTraffic},
    view::{
        form::{Call, Form, Refusal},
        parts::{Row, Time, rows},
    },
};
use leptos::prelude::*;

#[island]
pub fn Connected() -> impl IntoView {
    let page_state: PageState = expect_context();
    let cut = Call::new::<CutStream>();
    let streams = move || {
        page_state
            .console_stats()
            .with(|console_stats| console_stats.as_ref().map(|console_stats| console_stats.streams.clone()).unwrap_or_default())
    };
    let more = move || {
        page_state.console_stats().with(|console_stats| {
            console_stats.as_ref().map_or(0, |console_stats| console_stats.figures.streams.saturating_sub(console_stats.streams.len()))
        })
    };
    view! {
        <section class="card" aria-labelledby="connected-title">
            <h2 id="connected-title">"Connected"</h2>
            <Refusal call=cut />
            <ul class="connected" data-testid="connected">
                {rows(move || {
                    streams().into_iter().map(|present| Row::new(present.client_id.clone(), move || view! { <Stream present cut /> })).collect()
                })}
            </ul>
            <p class="empty">"Nobody yet."</p>
            <p class="soft" hidden=Signal::derive(move || more() == 0)>
                {Signal::derive(move || format!("and {} more", more()))}
            </p>
        </section>
    }
}

#[component]
fn Stream(present: ConnectionInfo, cut: Call) -> impl IntoView {
    let page_state: PageState = expect_context();
    let id = present.client_id.clone();
    let behind = Signal::derive(move || {
        let behind = page_state.console_stats().with(|console_stats| {
            let stream = console_stats.as_ref()?.streams.iter().find(|stream| stream.client_id == id)?;
            Some(match stream.behind {
                Some(0) => "up to date".to_owned(),
                Some(events) => format!("{events} behind"),
                None => "far behind".to_owned(),
            })
        });
        behind.unwrap_or_default()
    });
    let on = present.instance.map(|instance| format!("on {instance}, "));
    view! {
        <li>
            <div>
                <strong>{present.username.clone()}</strong>
                " "
                <span>{present.browser}</span>
                <p>{on} "since " <Time at=present.since /> ", " {behind}</p>
            </div>
            <Form call=cut>
                <input type="hidden" name="client_id" value=present.client_id />
                <button class="quiet danger" aria-label=format!("Cut this stream of {}", present.username)>"Cut"</button>
            </Form>
        </li>
    }
}

/// Lets the demo's orders move by themselves.
#[island]
pub fn TrafficSwitch() -> impl IntoView {
    let page_state: PageState = expect_context();
    let call = Call::new::<DemoTraffic>();
    let on = move || {
        page_state
            .console_stats()
            .with(|console_stats| console_stats.as_ref().and_then(|console_stats| console_stats.traffic) == Some(true))
    };
    view! {
        <section class="card traffic" aria-labelledby="traffic-title">
            <h2 id="traffic-title">"Demo traffic"</h2>
            <p class="soft">"Orders of ada and grace are placed and move by themselves, for a quarter of an hour."</p>
            <Form call>
                <input type="hidden" name="on" value=Signal::derive(move || (!on()).to_string()) />
                <button data-testid="traffic">
                    {Signal::derive(move || if on() { "Stop" } else { "Start" }.to_owned())}
                </button>
                <Refusal call />
            </Form>
        </section>
    }
}
