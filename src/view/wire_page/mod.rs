//! The wire page: the user's own event stream, event by event, with the states of its connection between them. Buttons break the connection
//! in every way that it can break, and an audit compares what came with the log: it shows how resuming works.

mod audit;
mod event_row;
mod events_table;
mod json_markup;

use super::{layout::Layout, scripts::Bundle};
use events_table::EventsTable;
use leptos::prelude::*;

/// What each part of the way does, and the file that does it.
const SOURCES: [(&str, &str); 7] = [
    ("A change and its events are one transaction", "src/server/store/transaction.rs"),
    ("One reader of the log in an instance", "src/server/sse/tail.rs"),
    ("Who is connected, and their recent events", "src/server/sse/hub/mod.rs"),
    ("A stream: read past the cursor, send, wait", "src/server/sse/stream/mod.rs"),
    ("The route, and the position that it begins at", "src/server/http/events.rs"),
    ("The browser's connection as a state machine", "src/browser/connection/machine.rs"),
    ("The page that events change", "src/browser/page_state/mod.rs"),
];

#[component]
pub fn WirePage() -> impl IntoView {
    view! { <Layout title="The wire" bundle=Bundle::Wire without_orders=true page=|_| view! { <Content /> }.into_any() /> }
}

#[component]
fn Content() -> impl IntoView {
    view! {
        <section class="wire" aria-labelledby="wire-title">
            <h1 id="wire-title">"The wire"</h1>
            <p class="lead">
                "Each row is an event of your own "
                <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">"event stream"</a>
                ", as this page received it. An id is a position in the log. Break the connection, let something happen, and watch: the page asks for
                everything after the last id, so that no event is missed and none comes twice."
            </p>
            <noscript>
                <p class="card">"This page needs JavaScript. Without it, watch the stream with " <code>"curl -N -b cookies.txt …/events"</code></p>
            </noscript>
            <EventsTable>
                <Faults />
            </EventsTable>
            <details class="card sources">
                <summary>"Where to read how it works"</summary>
                <dl>{SOURCES.map(|(what, file)| view! { <dt>{what}</dt> <dd><code>{file}</code></dd> }).collect_view()}</dl>
            </details>
        </section>
    }
}

/// Buttons, which the table around them obeys by their values.
#[component]
fn Faults() -> impl IntoView {
    view! {
        <button type="button" value="cut" title="The connection breaks, and is opened again after a pause">"Cut"</button>
        <button type="button" value="silent" title="The page ignores the stream until it finds out that it hears nothing">"Fall silent"</button>
        <button type="button" value="offline" title="The browser has no network">"Offline for 10 s"</button>
        <button type="button" value="leader" title="Of all your tabs one holds the stream: it becomes another one">"Change the leader"</button>
        <button type="button" value="audit" title="Compare count and hash of what came with the server's log">"Audit"</button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn each_source_that_the_page_names_is_there() {
        let missing: Vec<_> = SOURCES.iter().filter(|(_, file)| !Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
