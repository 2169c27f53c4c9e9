//! Keyboard shortcuts of the orders table: single keys, which do what a click does on the row that has the focus.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

/// Selects the rows of the orders table.
const ROW: &str = "tr[data-number]";

/// Does what the key stands for. A key that is typed into a field, pressed with a modifier or while a dialog is open is ignored, and so are the
/// repeats of a held key, except those that only move the focus.
pub fn handle_key(event: &KeyboardEvent) {
    let focused = document().active_element();
    let typing = focused.as_ref().is_some_and(|element| element.matches("input:not([type=checkbox]), textarea").unwrap_or(false));
    if typing || has_modifier(event) || find::<Element>("dialog[open]").is_some() {
        return;
    }
    if event.repeat() && !matches!(event.key().as_str(), "j" | "k") {
        return;
    }
    let row = focused.as_ref().and_then(|element| element.closest(ROW).ok().flatten());
    let on_row = row.is_some() && row == focused;
    let handled = match (event.key().as_str(), row) {
        ("j", row) => focus_row(row.as_ref(), 1),
        ("k", row) => focus_row(row.as_ref(), -1),
        ("x", Some(row)) => click(&row, "input[type=checkbox]"),
        ("a", Some(row)) => click(&row, "form:not([hidden]) [data-action=advance]"),
        ("Enter", Some(row)) if on_row => click(&row, "th a"),
        ("/", _) => find::<HtmlElement>("input[type=search]").and_then(|search| search.focus().ok()),
        ("?", _) => show_help(),
        _ => None,
    };
    if handled.is_some() {
        event.prevent_default();
    }
}

/// Moves the focus `by` rows from `row`, or to the first row.
fn focus_row(row: Option<&Element>, by: i32) -> Option<()> {
    let rows = document().query_selector_all(ROW).ok()?;
    let index = |row: &Element| (0..rows.length()).find(|index| rows.item(*index).as_deref() == Some(row.as_ref()));
    let next = row.and_then(index).map_or(Some(0), |index| index.checked_add_signed(by))?;
    let next: HtmlElement = rows.item(next)?.dyn_into().ok()?;
    next.focus().ok()
}

/// Whether a modifier key is pressed, other than Shift.
pub fn has_modifier(event: &KeyboardEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.alt_key()
}

/// Clicks the first of these in `around`.
pub fn click(around: &Element, selector: &str) -> Option<()> {
    let element: HtmlElement = around.query_selector(selector).ok()??.dyn_into().ok()?;
    element.click();
    Some(())
}

pub fn find<T: JsCast>(selector: &str) -> Option<T> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// Opens the list of shortcuts.
fn show_help() -> Option<()> {
    find::<HtmlDialogElement>("#shortcuts")?.show_modal().ok()
}

/// The list of shortcuts, in a dialog.
#[component]
pub fn ShortcutsHelp() -> impl IntoView {
    const SHORTCUTS: [(&str, &str); 7] = [
        ("j", "Next order"),
        ("k", "Previous order"),
        ("Enter", "Open the order"),
        ("x", "Select"),
        ("a", "Advance"),
        ("/", "Search"),
        ("?", "Show this list"),
    ];
    let shortcuts = SHORTCUTS.map(|(key, action)| view! { <dt><kbd>{key}</kbd></dt> <dd>{action}</dd> });
    view! {
        <dialog id="shortcuts" aria-labelledby="shortcuts-title">
            <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
            <dl>{Vec::from(shortcuts)}</dl>
            <form method="dialog">
                <button>"Close"</button>
            </form>
        </dialog>
    }
}
