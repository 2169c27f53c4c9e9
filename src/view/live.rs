//! The live part of a page: the page state, and the connection that keeps it current.
//!
//! The page carries the snapshot that it was rendered from as JSON. In the browser the state starts from that snapshot and the
//! connection opens at its cursor, so that no event falls between the page and its stream.

use super::{
    changes::Changes, form, new_version::NewVersionState, presses::drop_repeated_presses, received_events::ReceivedEvents, time,
    toasts::Toasts,
};
use crate::{
    browser::{
        connection::{Connection, ConnectionNotice, ConnectionState},
        effect, json,
        page_state::PageState,
        refresh,
    },
    model::{event::Event, order::order_path_of_id, redirect, snapshot::Snapshot},
    server_fns::SignOut,
};
use leptos::{prelude::*, server_fn::ServerFn};
use wasm_bindgen::JsCast;
use web_sys::Element;

/// The id of the element that carries the snapshot.
pub const SNAPSHOT_ID: &str = "snapshot";

/// The snapshot as JSON that is safe inside of a `<script>` element: nothing in it looks like markup.
pub fn snapshot_json(snapshot: &Snapshot) -> String {
    serde_json::to_string(snapshot).unwrap_or_default().replace('<', "\\u003c")
}

/// In the browser: provides the islands with the snapshot that their page was rendered from.
pub fn provide_snapshot() {
    let json = document().get_element_by_id(SNAPSHOT_ID).and_then(|element| element.text_content());
    if let Some(snapshot) = json.and_then(|json| json::read::<Snapshot>(&json)) {
        provide_context(snapshot);
    }
}

/// The id of the build that rendered the page.
fn rendering_build() -> Option<String> {
    document().get_element_by_id(SNAPSHOT_ID)?.get_attribute("data-build")
}

/// The outermost island. The islands inside of it find the page state, the connection, the toasts, the received events, what has
/// changed, and whether there is a new version in its context.
#[island]
pub fn Live(children: Children) -> impl IntoView {
    let page_state: PageState = PageState::new(expect_context());
    let received = ReceivedEvents::new(page_state.cursor.get_untracked());
    let (toasts, new_version, changes) = (Toasts::new(), NewVersionState::default(), Changes::new());
    let connection = Connection::new(page_state, move |notice| match notice {
        ConnectionNotice::Event(event) => {
            changes.see(&event);
            if let Event::Notification(notification) = event {
                toasts.show(notification.title, notification.message, notification.order_id.as_deref().map(order_path_of_id));
            }
        }
        ConnectionNotice::Received(event) => {
            time::set_clock_difference(event.ahead);
            new_version.see(&event, rendering_build);
            received.add(event);
        }
        ConnectionNotice::State(state) => received.add_state(state),
        ConnectionNotice::Resynced => {
            changes.see_all();
            received.restart(page_state.cursor.get_untracked());
            toasts.show("Up to date again".into(), "Too much had happened to replay. This page shows the current state.".into(), None);
        }
    });
    go_to_sign_in_when_signed_out(connection);
    drop_repeated_presses();
    time::keep_times_current();
    refresh::keep_current(page_state);
    provide_context(page_state);
    provide_context(toasts);
    provide_context(changes);
    provide_context(connection);
    provide_context(received);
    provide_context(new_version);
    children()
}

/// Leads to the sign-in page when the session has ended, and from there back to this page. A message that is being written comes along.
fn go_to_sign_in_when_signed_out(connection: Connection) {
    // A user who signs out here is on the way to the sign-in page already, and is not led back.
    let signing_out = StoredValue::new(false);
    effect(move || {
        let listener = window_event_listener_untyped("submit", move |event| signing_out.set_value(is_sign_out(&event)));
        on_cleanup(move || listener.remove());
    });
    effect(move || {
        if connection.state.get() == ConnectionState::SignedOut && !signing_out.get_value() {
            if form::keep_message() {
                return;
            }
            let location = window().location();
            let here = format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
            let _ = location.replace(&redirect::sign_in_url(&here));
        }
    });
}

fn is_sign_out(submit: &web_sys::Event) -> bool {
    let form = submit.target().and_then(|form| form.dyn_into::<Element>().ok());
    form.and_then(|form| form.get_attribute("action")).as_deref() == Some(SignOut::PATH)
}
