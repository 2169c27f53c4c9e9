//! The pager: which orders these are, and links to the pages before and behind.
//!
//! Promise: the address of a page names the order beside its edge, so it is the same page whatever comes in on top.

use super::{derived::derived, live_text::live_text};
use crate::{
    browser::page_state::{PageState, Row},
    model::{
        filter::{Filter, Position, Sort},
        order::Order,
        snapshot::PLACES_MAX,
    },
};
use leptos::prelude::*;

/// Links that keep the page's filter and sort.
#[component]
pub fn Pager(page_state: PageState) -> impl IntoView {
    let filter = page_state.filter.get_value();
    let (sort, is_first_page) = (filter.sort, filter.is_first_page());
    let (first, before, behind) = match sort {
        Sort::Newest => ("Newest", "Newer", "Older"),
        _ => ("First page", "Previous", "Next"),
    };
    let home = filter.first_page().query();
    let beside = move |is_behind: bool| {
        derived(move || {
            let rows = page_state.orders.shown();
            // Another one after a search.
            let filter = page_state.filter.with_value(Filter::first_page);
            let sort = filter.sort;
            let position = |row: Option<&Row<Order>>| row.map(|row| row.with_untracked(|order| Position::of(order, sort)));
            let page = match is_behind {
                true => Filter { before: position(rows.last()), ..filter },
                false => Filter { after: position(rows.first()), ..filter },
            };
            page.query()
        })
    };
    let range = live_text(move || {
        let (places, rows) = (page_state.places.get(), page_state.orders.shown().len() as i64);
        match places <= PLACES_MAX as i64 && rows > 0 {
            true => (places + 1).to_string() + "–" + &(places + rows).to_string(),
            false => String::new(),
        }
    });
    view! {
        <nav class="pager" aria-label="Pages of orders">
            <a class="button quiet" href=home hidden=is_first_page>{first}</a>
            <a class="button quiet" href=beside(false) hidden=is_first_page rel="prev">{before}</a>
            <span class="secondary" {..range}></span>
            <a class="button quiet" href=beside(true) hidden=derived(move || !page_state.older.get()) rel="next">{behind}</a>
        </nav>
    }
}
