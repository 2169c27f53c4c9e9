//! The pager: links to older orders, and back to the newest.

use crate::browser::page_state::PageState;
use leptos::prelude::*;

/// Links that keep the page's status filter and search.
#[component]
pub fn Pager(page_state: PageState) -> impl IntoView {
    let page_before = move |number: Option<i64>| {
        let mut filter = page_state.filter.get_value();
        filter.before = number;
        filter.query()
    };
    let oldest = move || page_state.orders.shown().last().map(|row| row.with_untracked(|order| order.number));
    view! {
        <nav class="pager" aria-label="Older and newer orders">
            <a
                class="button quiet"
                href=page_before(None)
                hidden=page_state.filter.with_value(|filter| filter.before.is_none())
            >
                "Newest"
            </a>
            <a
                class="button quiet"
                href=Signal::derive(move || page_before(oldest()))
                hidden=Signal::derive(move || !page_state.older.get())
            >
                "Older"
            </a>
        </nav>
    }
}
