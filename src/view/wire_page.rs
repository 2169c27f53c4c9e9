//! The wire: one's own stream, frame by frame as it comes, with a switch that cuts it. It shows the pattern by letting one watch it.

use super::{
    layout::Layout,
    parts::{Row, rows},
};
use crate::{
    browser::{
        connection::{Connection, ConnectionState, ReceivedEvent},
        json,
        page_state::PageState,
    },
    model::snapshot::SnapshotStoreFields,
};
use leptos::prelude::*;

/// Frames that are kept; older ones go.
const KEPT: usize = 200;

/// Clocks that seem to differ by less than so many milliseconds are taken to agree: opening the stream, by which they are compared,
/// takes some of it.
const CLOCKS_AGREE: i64 = 1_000;

/// The frames of this page's line, the newest first, whether anybody looks or not. Copies share them.
#[derive(Clone, Copy, Default)]
pub struct ReceivedEvents(RwSignal<Vec<(u64, ReceivedEvent)>>);

impl ReceivedEvents {
    pub fn note(self, frame: ReceivedEvent) {
        self.0.update(|frames| {
            let number = frames.first().map_or(0, |(number, _)| number + 1);
            frames.insert(0, (number, frame));
            frames.truncate(KEPT);
        });
    }
}

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
                "Each row is a frame of your own "
                <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">"event stream"</a>
                ", as the server wrote it. An id is a position in the log: cut the line, let something happen, and open it again. The browser asks
                for what lies past the last id, and nothing is missed or repeated."
            </p>
            <noscript>
                <p class="card">"This page needs JavaScript. Without it, watch the wire with " <code>"curl -N -b cookies.txt …/events"</code></p>
            </noscript>
            <Frames />
        </section>
    }
}

#[island]
fn Frames() -> impl IntoView {
    let (page_state, line, received): (PageState, Connection, ReceivedEvents) = (expect_context(), expect_context(), expect_context());
    let (filter, held) = (RwSignal::new(String::new()), RwSignal::new(None::<Vec<(u64, ReceivedEvent)>>));
    let cut = move || line.state.get() == ConnectionState::Cut;
    let shown = move || {
        let filter = filter.get();
        let frames = held.get().unwrap_or_else(|| received.0.get());
        frames
            .into_iter()
            .filter(|(_, frame)| [&frame.kind, &frame.data, &frame.id].iter().any(|text| text.contains(&filter)))
            .map(|(number, frame)| Row::new(number, move || view! { <FrameRow frame /> }))
            .collect()
    };
    let pause = move |_| held.update(|held| *held = if held.is_some() { None } else { Some(received.0.get_untracked()) });
    view! {
        <div class="wire-tools">
            <button class="primary" data-testid="cut" on:click=move |_| if cut() { line.retry() } else { line.cut() }>
                {Signal::derive(move || if cut() { "Open the line" } else { "Cut the line" }.to_owned())}
            </button>
            <button on:click=pause>
                {Signal::derive(move || if held.with(Option::is_some) { "Go on" } else { "Pause" }.to_owned())}
            </button>
            <input
                type="search"
                placeholder="Filter: a type, an id, a word"
                aria-label="Filter frames"
                on:input=move |event| filter.set(event_target_value(&event))
            />
            <span class="soft">
                "Position " <code data-testid="position">{Signal::derive(move || page_state.cursor().get().to_string())}</code>
            </span>
        </div>
        <div class="card table-card">
            <table data-testid="frames">
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
                    {rows(shown)}
                </tbody>
            </table>
            <p class="empty">"Nothing has come yet."</p>
        </div>
    }
}

#[component]
fn FrameRow(frame: ReceivedEvent) -> impl IntoView {
    let delay = delay(&frame).map(|delay| format!("{delay} ms")).unwrap_or_default();
    let kind = frame.kind.clone();
    view! {
        <tr data-kind=kind>
            <td class="clock">{clock(frame.came)}</td>
            <td class="frame-id">
                <code>{frame.id}</code>
            </td>
            <td class="frame-kind">
                <code>{frame.kind}</code>
            </td>
            <td class="data">
                <code>{frame.data}</code>
            </td>
            <td class="number">{delay}</td>
        </tr>
    }
}

/// Milliseconds from the commit to the page; `None` for what was not committed.
fn delay(frame: &ReceivedEvent) -> Option<i64> {
    let event = json::read_event(&frame.kind, &frame.data).ok()??;
    let committed = js_sys::Date::parse(event.time()?);
    let ahead = if frame.ahead.abs() < CLOCKS_AGREE { 0 } else { frame.ahead };
    committed.is_finite().then(|| (frame.came - ahead - committed as i64).max(0))
}

/// The time of day, in UTC, to the millisecond.
fn clock(ms: i64) -> String {
    let (seconds, ms) = (ms / 1000 % 86_400, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_told_to_the_millisecond() {
        assert_eq!(clock(0), "00:00:00.000");
        assert_eq!(clock(1_793_628_359_045), "14:05:59.045");
    }
}
