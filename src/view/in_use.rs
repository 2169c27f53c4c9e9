//! Whether a list is in use: a pointer is over it, or the keyboard focus is in it.
//!
//! A finger is over it from its touch until it is lifted. A focus that a click or a tap has left in the list counts until it goes elsewhere.

use crate::browser::effect;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, EventTarget, MouseEvent};

/// Calls `changed` whenever the use of the element that `selector` finds begins or ends, for as long as the island lives. The focus
/// on the element itself is no use: it moves there where what had it has gone.
pub fn watch_use(selector: &'static str, changed: impl Fn(bool) + 'static) {
    // One function for all lists: else each would bring its own into the WebAssembly.
    watch(selector, Rc::new(changed));
}

fn watch(selector: &'static str, changed: Rc<dyn Fn(bool)>) {
    let (pointed_at, focused) = (StoredValue::new(false), StoredValue::new(false));
    effect(move || {
        for name in ["pointerover", "pointerout", "focusin", "focusout"] {
            let changed = changed.clone();
            let listener = window_event_listener_untyped(name, move |event| {
                let was_in_use = pointed_at.get_value() || focused.get_value();
                match name {
                    "pointerover" => pointed_at.set_value(inside(event.target(), selector, false)),
                    // To another element: it is told of next. To nowhere: the pointer has left the window, or the finger the screen.
                    "pointerout" if related(&event).is_none() => pointed_at.set_value(false),
                    "focusin" => focused.set_value(inside(event.target(), selector, true)),
                    // While the focus moves, no element has it. A window that loses it keeps its active element, and gives it back there.
                    "focusout" => {
                        let next = related(&event).or_else(|| document().active_element().map(Into::into));
                        focused.set_value(inside(next, selector, true));
                    }
                    _ => {}
                }
                let is_in_use = pointed_at.get_value() || focused.get_value();
                if is_in_use != was_in_use {
                    changed(is_in_use);
                }
            });
            on_cleanup(move || listener.remove());
        }
    });
}

fn inside(target: Option<EventTarget>, selector: &str, but_not_itself: bool) -> bool {
    let Some(target) = target.and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    let around = target.closest(selector).ok().flatten();
    around.is_some_and(|around| !(but_not_itself && around == target))
}

/// Where the pointer or the focus goes to, or comes from. A focus event has this member too.
fn related(event: &Event) -> Option<EventTarget> {
    event.unchecked_ref::<MouseEvent>().related_target()
}
