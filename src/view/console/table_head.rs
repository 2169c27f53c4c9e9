//! The head of the console's table: links that sort the orders. Rendered on the server only.
//!
//! Orders are sorted by total, or by when they were updated, where there is an index of that: all orders, and those of a status. What a search
//! or some days find is sorted by number.

use crate::model::filter::{Filter, Sort, SortBy};
use leptos::prelude::*;

/// The head's row, as HTML.
pub fn table_head(filter: &Filter) -> String {
    let filter = filter.first_page();
    let column = |name: &'static str, class: &'static str, [first, second]: [Sort; 2]| {
        let by = first.by();
        let is_current = filter.sort.by() == by;
        let order = is_current.then(|| if filter.sort.is_descending() { "descending" } else { "ascending" });
        let to = if filter.sort == first { second } else { first };
        let href = Filter { sort: to, ..filter.clone() }.query();
        let can_sort = by == SortBy::Number || !filter.is_narrowed();
        let name = match can_sort {
            true => view! { <a href=href title=title(to)>{name}</a> }.into_any(),
            false => name.into_any(),
        };
        view! {
            <th scope="col" class=class aria-sort=order>
                {name}
            </th>
        }
    };
    view! {
        <tr>
            <th scope="col" class="check">
                <input type="checkbox" data-select-all autocomplete="off" aria-label="Select all orders on this page" />
            </th>
            {column("Order", "", [Sort::Newest, Sort::Oldest])}
            <th scope="col">"Customer"</th>
            <th scope="col" class="items">"Items"</th>
            {column("Total", "number", [Sort::Highest, Sort::Lowest])}
            <th scope="col">"Status"</th>
            {column("Updated", "updated", [Sort::UpdatedLast, Sort::UpdatedFirst])}
            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
        </tr>
    }
    .to_html()
}

fn title(sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => "Newest first",
        Sort::Oldest => "Oldest first",
        Sort::Highest => "Highest total first",
        Sort::Lowest => "Lowest total first",
        Sort::UpdatedLast => "Last updated first",
        Sort::UpdatedFirst => "Longest unchanged first",
    }
}
