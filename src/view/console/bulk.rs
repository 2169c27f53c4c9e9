//! The bar for the ticked rows: how many they are, what they are advanced to, and what became of it. The style sheet shows it while rows are
//! ticked, over the page's lower edge: no row moves.

use crate::{
    browser::{effect, json, page_state::PageState},
    model::order::Advanced,
    view::{
        focus::move_focus_out,
        form::{Form, FormCall, FormError},
        live_text::live_text,
    },
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

/// The id of the form that advances the ticked rows. Their checkboxes belong to it.
pub const BULK_FORM: &str = "bulk-advance";

/// Selects the checkboxes of the rows.
const BOXES: &str = "tbody .check input";

const SELECT_ALL: &str = "[data-select-all]";

#[component]
pub fn BulkBar(page_state: PageState, bulk: FormCall) -> impl IntoView {
    // Set anew, if only to the same, whenever a row may have changed.
    let ticked = RwSignal::new(0);
    effect(move || {
        let listener = window_event_listener_untyped("change", move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(all) = target.filter(|target| target.matches(SELECT_ALL).unwrap_or(false)) {
                tick_all(all.checked());
            }
            ticked.set(count());
        });
        on_cleanup(move || listener.remove());
    });
    effect(move || {
        page_state.cursor.track();
        if ticked.get_untracked() > 0 {
            ticked.set(count());
        }
    });
    effect(move || {
        if bulk.response.with(Option::is_some) {
            // The bar goes with what was sent.
            if let (0, Some(form)) = (count(), document().get_element_by_id(BULK_FORM)) {
                move_focus_out(&form);
            }
            ticked.set(count());
        }
    });
    let outcome = move |read: fn(&Advanced) -> String| {
        live_text(move || {
            let result: Option<Advanced> = bulk.response.with(|response| json::read(response.as_deref()?));
            result.as_ref().map(read).unwrap_or_default()
        })
    };
    let label = live_text(move || match ticked.get() {
        0 => "Advance selected".into(),
        ticked => action().unwrap_or_else(|| "Advance".into()) + " " + &ticked.to_string(),
    });
    let selected = live_text(move || ticked.get().to_string() + " selected");
    view! {
        <div class="bulk" role="group" aria-label="Selected orders">
            <FormError call=bulk />
            <p role="status" class="bulk-done" {..outcome(|result| result.orders.len().to_string() + " moved on")}></p>
            <p role="alert" class="bulk-refused" {..outcome(|result| result.refused.join("\n"))}></p>
            <Form call=bulk id=BULK_FORM>
                <strong class="bulk-count" {..selected}></strong>
                <button class="primary" {..label}></button>
                <button type="button" class="quiet" on:click=move |_| clear(ticked, bulk)>"Clear"</button>
            </Form>
        </div>
    }
}

fn boxes(selector: &str) -> Vec<HtmlInputElement> {
    let Ok(boxes) = document().query_selector_all(selector) else { return Vec::new() };
    (0..boxes.length()).filter_map(|index| boxes.item(index)?.dyn_into().ok()).collect()
}

fn tick_all(checked: bool) {
    boxes(BOXES).iter().for_each(|each| each.set_checked(checked));
}

/// How many are ticked; shows in the head whether all are, or some.
fn count() -> usize {
    let boxes_of_rows = boxes(BOXES);
    let ticked = boxes_of_rows.iter().filter(|each| each.checked()).count();
    for all in boxes(SELECT_ALL) {
        all.set_checked(ticked > 0 && ticked == boxes_of_rows.len());
        all.set_indeterminate(ticked > 0 && ticked < boxes_of_rows.len());
    }
    ticked
}

/// What all ticked rows would be advanced by, if it is the same.
fn action() -> Option<String> {
    let rows = boxes(BOXES).into_iter().filter(|each| each.checked());
    let actions: Vec<_> = rows.filter_map(|each| each.closest("tr").ok().flatten()).map(|row| action_in(&row)).collect();
    let first = actions.first()?.clone()?;
    actions.iter().all(|action| action.as_deref() == Some(&first)).then_some(first)
}

fn clear(ticked: RwSignal<usize>, bulk: FormCall) {
    if let Some(form) = document().get_element_by_id(BULK_FORM) {
        move_focus_out(&form);
    }
    tick_all(false);
    bulk.response.set(None);
    ticked.set(count());
}

/// What the button of a row that moves its order on says; `None` where the order is at its end.
fn action_in(row: &Element) -> Option<String> {
    row.query_selector("form:not([hidden]) [data-action=advance]").ok().flatten()?.text_content()
}
