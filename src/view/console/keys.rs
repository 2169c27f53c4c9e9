//! The table by keyboard: single keys, as in a mail reader. They do what a click does, on the row that has the focus.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDetailsElement, HtmlDialogElement, HtmlElement, KeyboardEvent};

const ROW: &str = "[data-testid=order]";

/// Does what the key stands for. Keys that are typed into a field, or pressed together with others, are left alone.
pub fn pressed(event: &KeyboardEvent) {
    let focused = document().active_element();
    let typing = focused.as_ref().is_some_and(|element| element.matches("input:not([type=checkbox]), textarea, dialog *").unwrap_or(false));
    if typing || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let row = focused.as_ref().and_then(|element| element.closest(ROW).ok().flatten());
    let on_row = row.is_some() && row == focused;
    let done = match (event.key().as_str(), row) {
        ("j", row) => step(row.as_ref(), 1),
        ("k", row) => step(row.as_ref(), -1),
        ("x", Some(row)) => click(&row, "input[type=checkbox]"),
        ("a", Some(row)) => click(&row, "form:not([hidden]) [data-deed=advance]"),
        ("Enter", Some(row)) if on_row => row.query_selector("details").ok().flatten().and_then(|details| {
            let details: HtmlDetailsElement = details.dyn_into().ok()?;
            details.set_open(!details.open());
            Some(())
        }),
        ("/", _) => find::<HtmlElement>("input[type=search]").and_then(|search| search.focus().ok()),
        ("?", _) => show_help(),
        _ => None,
    };
    if done.is_some() {
        event.prevent_default();
    }
}

/// Shows what the keys do.
pub fn show_help() -> Option<()> {
    find::<HtmlDialogElement>("#keys")?.show_modal().ok()
}

/// Moves the focus so many rows on from `row`, or to the first one.
fn step(row: Option<&Element>, by: i32) -> Option<()> {
    let rows = document().query_selector_all(ROW).ok()?;
    let place = |row: &Element| (0..rows.length()).find(|place| rows.item(*place).as_deref() == Some(row.as_ref()));
    let next = row.and_then(place).map_or(Some(0), |place| place.checked_add_signed(by))?;
    let next: HtmlElement = rows.item(next)?.dyn_into().ok()?;
    next.focus().ok()
}

fn click(row: &Element, what: &str) -> Option<()> {
    let element: HtmlElement = row.query_selector(what).ok()??.dyn_into().ok()?;
    element.click();
    Some(())
}

fn find<T: JsCast>(what: &str) -> Option<T> {
    document().query_selector(what).ok()??.dyn_into().ok()
}

/// What the keys do.
#[component]
pub fn KeysHelp() -> impl IntoView {
    const KEYS: [(&str, &str); 7] = [
        ("j", "Next order"),
        ("k", "Order before"),
        ("Enter", "Show or hide what was ordered"),
        ("x", "Select"),
        ("a", "Advance"),
        ("/", "Search"),
        ("?", "This list"),
    ];
    let keys = KEYS.map(|(key, what)| view! { <dt><kbd>{key}</kbd></dt> <dd>{what}</dd> });
    view! {
        <dialog id="keys" aria-labelledby="keys-title">
            <h2 id="keys-title">"Keys"</h2>
            <dl>{Vec::from(keys)}</dl>
            <form method="dialog">
                <button>"Close"</button>
            </form>
        </dialog>
    }
}
