//! A part of a page that the server alone renders, and that stays current nevertheless: when an event concerns it, the page is fetched anew, and
//! what is different in that part is changed in place. None of its markup is in the WebAssembly.
//!
//! For what is too rich for an event's data, and changes rarely: an order's history, a page of older notifications. What changes often, or is
//! a list that grows at its top, is an island with signals of its own instead.
//!
//! Promises:
//! - What it shows is what a reload shows (invariant 7): it is what a reload shows.
//! - Elements stay what they are and where they are: the focus, what is open, and what a translator or a password manager has put in.
//! - An answer that was overtaken by a later one changes nothing. One that does not come is asked for again.
//! - Its forms are sent in the background, as those of islands are.

use super::{
    changes::Changes,
    focus::move_focus_out,
    form::{FormCall, FormError},
    live_text::set_text,
    time,
};
use crate::{
    browser::{effect, fetch},
    model::error::Kind,
};
use leptos::{leptos_dom::helpers::set_interval, prelude::*, task::spawn_local};
use std::time::Duration;
use web_sys::Element;

/// The attribute of the part's outermost element. Its value is the id of the order that the part is about, or empty: then it is about the
/// user's notifications.
pub const REFRESHED: &str = "data-refreshed";
const SELECTOR: &str = "[data-refreshed]:not(dialog:not([open]) *)";

/// Events that come within this time are one fetch.
const GATHER: Duration = Duration::from_millis(50);

/// After how long a fetch that failed is tried again; but after [`INTERVAL`] where nobody is signed in, or there is no such page.
const RETRY: Duration = Duration::from_secs(5);

/// How often the part is fetched without an event: none tells of what another program sends to an order's customer, or of what has become too
/// old to be kept.
const INTERVAL: Duration = Duration::from_secs(60);

/// Attributes that belong to the reader's browser.
const KEPT: [&str; 2] = ["open", "aria-busy"];

/// The part, as the browser keeps it current. Copies share it.
#[derive(Clone, Copy)]
pub struct Part {
    /// Sends the part's forms. Its error also says why a part could not be loaded at all.
    call: FormCall,
    changes: Changes,
    /// The page that it is a part of, as path and query.
    page: StoredValue<String>,
    /// Whether a fetch is about to be made.
    due: StoredValue<bool>,
    /// How many were made: of several that are under way, the last counts.
    made: StoredValue<u32>,
}

impl Part {
    /// Of which page it is a part is said later ([`Part::follow`]).
    pub fn new(call: FormCall) -> Self {
        let part = Self {
            call,
            changes: expect_context(),
            page: StoredValue::new(String::new()),
            due: StoredValue::new(false),
            made: StoredValue::new(0),
        };
        effect(move || {
            set_interval(
                move || {
                    if !document().hidden() {
                        part.fetch_soon(GATHER)
                    }
                },
                INTERVAL,
            );
        });
        effect(move || {
            // Each is read each time: what is not read is not followed.
            let seen = [part.changes.any(), call.response.with(Option::is_some), call.error.with(Option::is_some)];
            if seen.contains(&true) {
                part.fetch_soon(GATHER);
            }
        });
        part
    }

    /// Says what it is a part of from now on, and what it is about: see [`REFRESHED`].
    pub fn follow(self, page: String, about: Option<String>) {
        self.call.response.set(None);
        self.page.set_value(page);
        self.changes.watch(about);
    }

    /// Loads it where none of it is shown: where it has not come, or is another page's now.
    pub fn load(self) {
        keep_focus();
        // Each change of it is a reason to fetch.
        if self.call.error.with_untracked(Option::is_some) {
            self.call.error.set(None);
        }
        self.fetch();
    }

    /// What is around it, with the refusals of its forms.
    pub fn view(self, children: Children) -> impl IntoView {
        view! {
            <div tabindex="-1" on:submit=move |event| self.call.submit(event)>
                <FormError call=self.call />
                {children()}
            </div>
        }
    }

    fn fetch_soon(self, delay: Duration) {
        if self.due.try_update_value(|due| std::mem::replace(due, true)) == Some(false) {
            let made = self.made.get_value();
            // One that was made meanwhile is as good.
            set_timeout(
                move || {
                    if self.made.get_value() == made {
                        self.fetch()
                    }
                },
                delay,
            );
        }
    }

    fn fetch(self) {
        self.due.set_value(false);
        if shown_part().is_none() {
            return;
        }
        self.made.update_value(|made| *made += 1);
        let this = self.made.get_value();
        let page = self.page.get_value();
        spawn_local(async move {
            let answer = fetch::get(&page).await;
            if self.made.get_value() != this {
                return;
            }
            let is_loading = shown_part().is_some_and(|part| part.first_element_child().is_none());
            let error = answer.and_then(|html| show(&html).ok_or_else(fetch::unreadable)).err();
            if let Some(error) = &error {
                // Before the error is set, which would be a reason to fetch at once.
                self.fetch_soon(if matches!(error.kind, Kind::SignedOut | Kind::NotFound) { INTERVAL } else { RETRY });
            }
            if is_loading {
                keep_focus();
                if error.is_some() || self.call.error.with_untracked(Option::is_some) {
                    self.call.error.set(error);
                }
            }
        });
    }
}

/// The part in the page; `None` where it is in a dialog that is closed.
pub fn shown_part() -> Option<Element> {
    document().query_selector(SELECTOR).ok()?
}

/// Keeps the focus beside the part: what is shown there while it loads goes when it has come.
fn keep_focus() {
    if let Some(around) = shown_part().and_then(|part| part.parent_element()) {
        move_focus_out(&around);
    }
}

/// Shows the part as it is in a page that was just fetched. A page without it is another one: the sign-in page, say.
fn show(html: &str) -> Option<()> {
    let fresh = fetch::parse_page(html)?.query_selector(SELECTOR).ok()??;
    change(&shown_part()?, &fresh);
    time::refresh();
    Some(())
}

/// Makes `shown` what `fresh` is. Texts beside elements do not change: a text that may is the whole content of an element.
fn change(shown: &Element, fresh: &Element) {
    for name in names(shown).filter(|name| !fresh.has_attribute(name) && !KEPT.contains(&name.as_str())) {
        let _ = shown.remove_attribute(&name);
    }
    for name in names(fresh).filter(|name| !KEPT.contains(&name.as_str())) {
        let value = fresh.get_attribute(&name);
        if value != shown.get_attribute(&name) {
            if name == "hidden" {
                move_focus_out(shown);
            }
            let _ = shown.set_attribute(&name, &value.unwrap_or_default());
        }
    }
    let mut next = fresh.first_element_child();
    if next.is_none() {
        return set_text(shown, &fresh.text_content().unwrap_or_default());
    }
    let mut at = own(shown.first_element_child());
    while let Some(new) = next {
        next = new.next_element_sibling();
        match at {
            Some(old) => {
                at = own(old.next_element_sibling());
                if old.tag_name() == new.tag_name() {
                    change(&old, &new);
                } else {
                    move_focus_out(&old);
                    let _ = old.replace_with_with_node_1(&new);
                }
            }
            None => _ = shown.append_child(&new),
        }
    }
    while let Some(old) = at {
        at = own(old.next_element_sibling());
        move_focus_out(&old);
        old.remove();
    }
}

/// The first of these elements that the server has rendered: a translator puts its own in.
fn own(mut element: Option<Element>) -> Option<Element> {
    while element.as_ref().is_some_and(|element| element.tag_name() == "FONT") {
        element = element?.next_element_sibling();
    }
    element
}

fn names(element: &Element) -> impl Iterator<Item = String> {
    element.get_attribute_names().to_vec().into_iter().filter_map(|name| name.as_string())
}
