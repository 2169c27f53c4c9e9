//! One press is one step: presses that the user did not mean are dropped.
//!
//! Two kinds come of a single press: the second click of a double click, and the presses that a keyboard repeats while Enter is held. A
//! press while the form's request is pending is dropped by the form itself (see [`form`](super::form)).

use crate::browser::effect;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent, UiEvent};

/// Drops such presses on the buttons and inputs of every form on the page, and on a table's links, for as long as the island lives.
pub fn drop_repeated_presses() {
    effect(|| {
        let click = window_event_listener_untyped("click", |event| {
            // The number of clicks in quick succession; 0 for a click by keyboard.
            if event.unchecked_ref::<UiEvent>().detail() > 1 {
                drop_in(&event, "form button");
            }
        });
        let key = window_event_listener_untyped("keydown", |event| {
            let key: &KeyboardEvent = event.unchecked_ref();
            if key.repeat() && key.key() == "Enter" {
                drop_in(&event, "form button, form input, tbody th a");
            }
        });
        on_cleanup(move || {
            click.remove();
            key.remove();
        });
    });
}

fn drop_in(event: &Event, selector: &str) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    if target.is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some())) {
        event.prevent_default();
    }
}
