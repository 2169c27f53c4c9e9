//! The search as one types: the page is fetched as it would be for what the form holds, its orders and counts are taken over, and what
//! the server alone renders is changed in place: the tabs, the active filters, the table's head, what stands in an empty one, the pager and the file's link. Without
//! JavaScript, and on Enter, the browser sends the form.
//!
//! Promises:
//! - What is typed is not touched, and neither is the focus.
//! - One request is under way at a time: no older answer replaces a newer one. What was typed meanwhile is asked for next.
//! - The address is the one of what is shown, without a new entry in the history.
//! - Where the server does not answer, the form says so.

use crate::{
    browser::{fetch, json, page_state::PageState},
    model::{
        error::{Error, Kind},
        snapshot::Snapshot,
    },
    view::{
        form::{FormCall, FormError},
        live::SNAPSHOT_ID,
        page_parts::{change_parts, parse},
    },
};
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DocumentFragment, FormData, HtmlFormElement, UrlSearchParams};

/// How long nothing is typed before it is searched for.
const PAUSE: Duration = Duration::from_millis(300);

/// What of the page the server alone renders, and a search changes.
const PARTS: &str = ".tabs, .filters, thead tr, .empty-table, .pager, .list-foot";

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
            let answer = fetch::get(&page).await.and_then(|html| read(&html).ok_or_else(unreadable));
            self.under_way.set_value(false);
            match answer {
                Ok((page, snapshot)) => {
                    let query = snapshot.filter.query();
                    self.page_state.end_search(Some(snapshot));
                    change_parts(&page, PARTS);
                    if let Ok(history) = window().history() {
                        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&query));
                    }
                    self.call.error.set(None);
                }
                Err(error) => {
                    self.page_state.end_search(None);
                    self.call.error.set(Some(error));
                }
            }
            if self.typed.get_value() != typed {
                self.ask();
            }
        });
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

/// A page that shows orders, and its snapshot.
fn read(html: &str) -> Option<(DocumentFragment, Snapshot)> {
    let page = parse(html)?;
    let snapshot = json::read(&page.get_element_by_id(SNAPSHOT_ID)?.text_content()?)?;
    Some((page, snapshot))
}

fn unreadable() -> Error {
    Error::new(Kind::Internal, "the server's answer cannot be read")
}
