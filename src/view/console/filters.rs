//! Which orders the console shows: the search, the tabs of the statuses, and what of it is active. All of them are links and a form that
//! keep the rest of the filter: search, days, status, sort and page are one state, and it stands in the address.

use crate::{
    browser::page_state::PageState,
    model::{
        filter::{Filter, SortBy},
        order::Status,
        preferences::DENSITY,
        snapshot::{CSV_ORDERS_MAX, SEARCH_MAX, tally},
    },
    view::{live_text::live_text, orders::status_label, preference_switch::PreferenceSwitch},
};
use leptos::prelude::*;

/// Searches by text and by days; keeps the status.
#[component]
pub fn SearchForm(filter: Filter) -> impl IntoView {
    let Filter { status, search, from, to, sort, .. } = filter;
    // What is found is sorted by number only: there is an index of nothing else.
    let sort = Some(sort.as_str()).filter(|_| sort.by() == SortBy::Number && sort != Default::default());
    let hidden = |name: &'static str, value: Option<&'static str>| {
        value.map(|value| view! { <input type="hidden" name=name value=value autocomplete="off" /> })
    };
    view! {
        <form role="search" class="search" method="get" action="/console">
            {hidden("status", status.map(Status::as_str))} {hidden("sort", sort)}
            <input
                type="search"
                name="q"
                value=search
                placeholder="Number, customer or product"
                title="The beginning of an order's number or of a customer's name, or a part of a product's name"
                aria-label="Search orders"
                maxlength=SEARCH_MAX
            />
            <details class="days">
                <summary class="button quiet">"Dates"</summary>
                <div>
                    <label>"Placed from" <input type="date" name="from" value=from title="A day in UTC" /></label>
                    <label>"to" <input type="date" name="to" value=to title="A day in UTC" /></label>
                </div>
            </details>
            <button>"Search"</button>
        </form>
    }
}

/// Links to the orders of each status, with how many there are; under a search, with how many of those it finds.
#[island]
pub fn StatusTabs() -> impl IntoView {
    let page_state: PageState = expect_context();
    let filter = page_state.filter.get_value();
    let current = filter.status;
    let filter = filter.first_page();
    let tab = |status: Option<Status>| {
        let query = Filter { status, ..filter.clone() }.query();
        let count = live_text(move || {
            let tallies = page_state.tallies.get();
            let orders = match tallies {
                Some(tallies) => tallies.0,
                None => page_state.console_stats.with(|stats| stats.as_ref().map(|stats| stats.figures.orders).unwrap_or_default()),
            };
            let of = |status| Status::ALL.iter().position(|known| *known == status).map_or(0, |index| orders[index]);
            let count = status.map_or_else(|| orders.iter().sum(), of);
            if tallies.is_some() { tally(count) } else { count.to_string() }
        });
        view! {
            <a href=query aria-current=(status == current).then_some("true") data-status=status.map(Status::as_str)>
                {status.map_or("All", status_label)}
                " "
                <span class="tab-count" {..count}></span>
            </a>
        }
    };
    let tabs: Vec<_> = std::iter::once(None).chain(Status::ALL.map(Some)).map(tab).collect();
    view! {
        <nav class="tabs" aria-label="Orders by status">
            {tabs}
        </nav>
    }
}

/// What is active of the filter: each is a link that clears it alone.
#[component]
pub fn ActiveFilters(filter: Filter) -> impl IntoView {
    let by_full_name = filter.by_full_name.then(|| filter.search.clone());
    let filter = filter.first_page();
    let chips = [
        filter.status.map(|status| (format!("Status: {}", status_label(status)), Filter { status: None, ..filter.clone() })),
        (!filter.search.is_empty()).then(|| (format!("Search: “{}”", filter.search), Filter { search: String::new(), ..filter.clone() })),
        (!filter.from.is_empty()).then(|| (format!("From {}", filter.from), Filter { from: String::new(), ..filter.clone() })),
        (!filter.to.is_empty()).then(|| (format!("To {}", filter.to), Filter { to: String::new(), ..filter.clone() })),
    ];
    let chips: Vec<_> = chips.into_iter().flatten().collect();
    let clear_all = (chips.len() > 1).then(|| {
        let all = Filter { sort: filter.sort, ..Filter::default() }.query();
        view! { <a href=all>"Clear all"</a> }
    });
    let is_active = !chips.is_empty();
    let chips = chips.into_iter().map(|(text, without)| {
        let label = format!("Clear {text}");
        view! {
            <a class="chip" href=without.query() aria-label=label>
                <span dir="auto">{text}</span>
                <span aria-hidden="true">"×"</span>
            </a>
        }
    });
    let note = by_full_name.map(|search| {
        view! {
            <p class="secondary">
                "Many customers’ names begin with “" <bdi>{search.clone()}</bdi> "”: of customers, only the one with exactly this name is found."
            </p>
        }
    });
    view! {
        <div class="filters">
            <div class="chips" role="group" aria-label="Active filters" hidden=!is_active>
                {chips.collect_view()}
                {clear_all}
            </div>
            {note}
        </div>
    }
}

/// Below the orders: the file of what is filtered, how close the rows stand, and how to see the keyboard shortcuts.
#[component]
pub fn ListFoot(filter: Filter) -> impl IntoView {
    let Filter { status, search, from, to, .. } = filter;
    let file = format!("/orders.csv{}", Filter { status, search, from, to, ..Filter::default() }.query());
    view! {
        <div class="list-foot">
            <a href=file download="">{format!("CSV (first {})", grouped(CSV_ORDERS_MAX))}</a>
            <PreferenceSwitch preference=&DENSITY label="Rows" />
            <span class="shortcuts-hint">"Keyboard shortcuts: " <kbd>"?"</kbd></span>
        </div>
    }
}

/// `10,000`
fn grouped(number: usize) -> String {
    format!("{},{:03}", number / 1_000, number % 1_000)
}

/// What stands where there is no order, as HTML: why, and what to do. Rendered on the server only.
pub fn no_orders(filter: &Filter) -> String {
    let (text, href, link) = match filter.is_narrowed() || filter.status.is_some() || !filter.is_first_page() {
        true => ("No order matches.", "/console", "Show all orders"),
        false => ("No orders yet. Each appears here when a customer places it.", "/wire", "Watch the events"),
    };
    view! {
        <span>{text}</span>
        " "
        <a href=href>{link}</a>
    }
    .to_html()
}
