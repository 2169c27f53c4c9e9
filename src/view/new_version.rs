//! Tells that a newer build serves the page, and loads it: at a press, or by itself where nobody is at work on the page.

use super::derived::derived;
use super::focus::hidden_without_focus;
use crate::{
    browser::{connection::ReceivedEvent, effect, json},
    model::event,
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// A page that is younger than so many milliseconds does not load itself anew: during a rolling deploy it may get an old page again.
const RELOAD_AFTER_MS: f64 = 60_000.0;

/// Whether a newer build serves the page. Copies share it.
#[derive(Clone, Copy, Default)]
pub struct NewVersionState(RwSignal<bool>);

impl NewVersionState {
    /// Compares the build that the page's stream comes from with the one that rendered the page, where that is known.
    pub fn see(self, received: &ReceivedEvent, page: fn() -> Option<String>) {
        if received.kind == event::CONNECTED {
            let page = page();
            self.0.set(page.is_some() && json::read_text(&received.data, "build") != page);
        }
    }
}

/// Part of the `Toaster`: an island of its own would be another kilobyte of WebAssembly.
#[component]
pub fn NewVersion() -> impl IntoView {
    let NewVersionState(is_here) = expect_context();
    let loaded = StoredValue::new(0.0);
    effect(move || loaded.set_value(js_sys::Date::now()));
    effect(move || {
        if is_here.get() && js_sys::Date::now() - loaded.get_value() > RELOAD_AFTER_MS && is_untouched() {
            reload();
        }
    });
    let node = NodeRef::new();
    let hidden = hidden_without_focus(node, derived(move || !is_here.get()));
    view! {
        <p node_ref=node class="new-version" role="status" hidden=hidden>
            "A new version is available. "
            <button on:click=|_| reload()>"Reload"</button>
        </p>
    }
}

fn reload() {
    let _ = window().location().reload();
}

/// Whether a reload takes nothing away: nothing is typed, selected, open or focused.
fn is_untouched() -> bool {
    let in_use = "dialog[open], details[open], :popover-open, input:checked, :focus:not(body)";
    let typed = || {
        let fields = document().query_selector_all("input:not([type=hidden]), textarea").ok()?;
        (0..fields.length()).filter_map(|index| fields.item(index)).find(|field| {
            // A text area has these members too.
            let field: &HtmlInputElement = field.unchecked_ref();
            field.value() != field.default_value()
        })
    };
    document().query_selector(in_use).is_ok_and(|found| found.is_none()) && typed().is_none()
}
