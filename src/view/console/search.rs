//! The search as one types: the page is fetched as it would be for what the form holds, its orders and counts are taken over, and so is
//! what the server alone renders: the links of the tabs and of the pager, the active filters, the table's head, what stands in an empty one,
//! and the list's foot. Without JavaScript, and on Enter, the browser sends the form.
//!
//! Promises:
//! - What is typed is not touched, and neither is the focus: where it has gone to a row meanwhile, or to a dialog, rows stay as any list's
//!   that is in use.
//! - One request is under way at a time: no older answer replaces a newer one. What was typed meanwhile is asked for next.
//! - The address is the one of what is shown, without a new entry in the history.
//! - Where the server does not answer, the form says so.

use super::shortcuts::find;
use crate::{
    browser::{fetch, json, page_state::PageState},
    model::snapshot::Snapshot,
    view::{
        form::{FormCall, FormError},
        live::SNAPSHOT_ID,
        live_text::set_text,
    },
};
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DocumentFragment, Element, FormData, HtmlElement, HtmlFormElement, UrlSearchParams};

/// How long nothing is typed before it is searched for.
const PAUSE: Duration = Duration::from_millis(300);

/// What the server alone renders, and a search replaces; and the links of islands, which stay. As many as on any other page of the console.
const TAKEN_OVER: &str = ".tabs a, .filters, thead tr, .empty-table, .pager a, .list-foot";

/// What is typed and asked for. Copies share it.
#[derive(Clone, Copy)]
struct Asking {
    page_state: PageState,
    /// Its error alone.
    call: FormCall,
    /// How many times something was typed.
    typed: StoredValue<u32>,
    under_way: StoredValue<bool>,
}

/// Searches with the form inside of it.
#[island]
pub fn Search(children: Children) -> impl IntoView {
    let (typed, under_way) = (StoredValue::new(0), StoredValue::new(false));
    let asking = Asking { page_state: expect_context(), call: FormCall::any(), typed, under_way };
    view! {
        <div on:input=move |_| asking.follow()>
            {children()}
            <FormError call=asking.call />
        </div>
    }
}

impl Asking {
    fn follow(self) {
        self.typed.update_value(|typed| *typed += 1);
        let typed = self.typed.get_value();
        let ask = move || {
            if self.typed.get_value() == typed {
                self.ask();
            }
        };
        set_timeout(ask, PAUSE);
    }

    fn ask(self) {
        let Some(page) = page_of_form() else { return };
        if self.under_way.get_value() {
            return;
        }
        self.under_way.set_value(true);
        let typed = self.typed.get_value();
        self.page_state.begin_search();
        spawn_local(async move {
            let result = fetch::get(&page).await.and_then(|html| self.show(&html).ok_or_else(fetch::unreadable));
            self.under_way.set_value(false);
            if result.is_err() {
                self.page_state.end_search(None);
            }
            self.call.error.set(result.err());
            if self.typed.get_value() != typed {
                self.ask();
            }
        });
    }

    /// Shows what that page does. `None` where it shows no orders.
    fn show(self, html: &str) -> Option<()> {
        let page = fetch::parse_page(html)?;
        let snapshot: Snapshot = json::read(&page.get_element_by_id(SNAPSHOT_ID)?.text_content()?)?;
        let query = snapshot.filter.query();
        self.page_state.end_search(Some(snapshot));
        // The focus is on a row, or comes back to one. A pointer that is over the list keeps nothing.
        if find::<Element>("tbody :focus, dialog[open]").is_none() {
            self.page_state.orders.show_waiting();
        }
        take_over(&page);
        window().history().ok()?.replace_state_with_url(&JsValue::NULL, "", Some(&query)).ok()
    }
}

/// The address that the form leads to, without the fields that are empty.
fn page_of_form() -> Option<String> {
    let form: HtmlFormElement = document().query_selector("form.search").ok()??.dyn_into().ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&FormData::new_with_form(&form).ok()?.into()).ok()?;
    for name in ["q", "from", "to"] {
        if fields.get(name).is_some_and(|value| value.is_empty()) {
            fields.delete(name);
        }
    }
    Some("/console?".to_owned() + &String::from(fields.to_string()))
}

fn take_over(page: &DocumentFragment) {
    let (Ok(shown), Ok(fresh)) = (document().query_selector_all(TAKEN_OVER), page.query_selector_all(TAKEN_OVER)) else { return };
    for place in 0..fresh.length() {
        let (Some(shown), Some(fresh)) = (shown.item(place), fresh.item(place)) else { return };
        let (shown, fresh): (&Element, &Element) = (shown.unchecked_ref(), fresh.unchecked_ref());
        if !fresh.has_attribute("href") {
            let _ = shown.replace_with_with_node_1(fresh);
            continue;
        }
        let _ = shown.set_attribute("href", &fresh.get_attribute("href").unwrap_or_default());
        shown.unchecked_ref::<HtmlElement>().set_hidden(fresh.has_attribute("hidden"));
        // The pager's. A tab's count is live.
        if fresh.has_attribute("rel") {
            set_text(shown, &fresh.text_content().unwrap_or_default());
        }
    }
}
