//! A part of a page that the server alone renders, and that stays current nevertheless: when an event concerns it, the page is fetched anew, and
//! what is different in that part is changed in place. None of its markup is in the WebAssembly.
//!
//! For what is too rich for an event's data, and changes rarely: an order's history, a page of older notifications. What changes often, or is
//! a list that grows at its top, is an island with signals of its own instead.
//!
//! Promises:
//! - What it shows is what a reload shows (invariant 7): it is what a reload shows.
//! - Elements stay what they are and where they are (see [`page_parts`](super::page_parts)).
//! - An answer that was overtaken by a later one changes nothing. One that does not come is asked for again.
//! - Its forms are sent in the background, as those of islands are.

use super::{
    changes::Changes,
    form::{FormCall, FormError},
    page_parts::{change_parts, parse},
};
use crate::browser::{effect, fetch};
use leptos::{leptos_dom::helpers::set_interval, prelude::*, task::spawn_local};
use std::time::Duration;

/// The attribute of the part's outermost element. Its value is the id of the order that the part is about, or empty: then it is about the
/// user's notifications.
pub const REFRESHED: &str = "data-refreshed";
const SELECTOR: &str = "[data-refreshed]";

/// Events that come within this time are one fetch.
const GATHER: Duration = Duration::from_millis(50);

/// After how long a fetch that failed is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// How often the part is fetched without an event: none tells of what another program sends to an order's customer, or of what has become too
/// old to be kept.
const INTERVAL: Duration = Duration::from_secs(60);

/// What the page fetches. Copies share it.
#[derive(Clone, Copy)]
struct Fetches {
    /// Whether one is about to be made.
    due: StoredValue<bool>,
    /// How many were made: of several that are under way, the last counts.
    made: StoredValue<u32>,
}

impl Fetches {
    fn soon(self, delay: Duration) {
        if self.due.try_update_value(|due| std::mem::replace(due, true)) == Some(false) {
            set_timeout(move || self.fetch(), delay);
        }
    }

    fn fetch(self) {
        self.due.set_value(false);
        self.made.update_value(|made| *made += 1);
        let this = self.made.get_value();
        let location = window().location();
        let page = format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        spawn_local(async move {
            let answer = fetch::get(&page).await;
            if self.made.get_value() == this {
                match answer {
                    // A page without the part is another one: the sign-in page, say.
                    Ok(html) => _ = parse(&html).map(|page| change_parts(&page, SELECTOR)),
                    Err(_) => self.soon(RETRY),
                }
            }
        });
    }
}

/// Keeps its child with the attribute [`REFRESHED`] current, and sends the forms in it.
#[island]
pub fn Refreshed(children: Children) -> impl IntoView {
    let changes: Changes = expect_context();
    let (call, fetches) = (FormCall::any(), Fetches { due: StoredValue::new(false), made: StoredValue::new(0) });
    effect(move || {
        let about = document().query_selector(SELECTOR).ok().flatten().and_then(|part| part.get_attribute(REFRESHED));
        changes.watch(about);
        set_interval(
            move || {
                if !document().hidden() {
                    fetches.soon(GATHER)
                }
            },
            INTERVAL,
        );
    });
    effect(move || {
        // Each is read each time: what is not read is not followed.
        let seen = [changes.any(), call.response.with(Option::is_some), call.error.with(Option::is_some)];
        if seen.contains(&true) {
            fetches.soon(GATHER);
        }
    });
    view! {
        <div tabindex="-1" on:submit=move |event| call.submit(event)>
            <FormError call />
            {children()}
        </div>
    }
}
