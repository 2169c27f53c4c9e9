//! The table of orders: each can be advanced on its own, or several together.

use super::{
    bulk::{BULK_FORM, BulkBar},
    filters::no_orders,
    shortcuts,
    table_head::table_head,
};
use crate::{
    browser::{
        effect,
        page_state::{self, PageState},
    },
    model::{
        filter::Sort,
        order::{Order, money, order_path},
        seen_order::SeenOrder,
    },
    server_fns::{AdvanceOrder, AdvanceOrders, CancelOrder},
    view::{
        derived::derived,
        form::{FormCall, FormError},
        in_use::watch_use,
        list::{Row, keyed_rows, leaving, waiting_rows},
        orders::{AdvanceButton, CancelButton, StatusPill, apply_refusals, apply_responses, highlight, item_summary},
        pager::Pager,
        time::RelativeTime,
    },
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

#[island]
pub fn Orders() -> impl IntoView {
    let page_state: PageState = expect_context();
    let (advance, cancel, bulk) = (FormCall::new::<AdvanceOrder>(), FormCall::new::<CancelOrder>(), FormCall::new::<AdvanceOrders>());
    let orders = page_state.orders;
    watch_use("[data-list=orders], .drawer", move |in_use| orders.set_in_use(in_use));
    apply_responses(page_state, advance);
    apply_responses(page_state, cancel);
    effect(|| {
        let listener = window_event_listener_untyped("keydown", |event| shortcuts::handle_key(event.unchecked_ref()));
        on_cleanup(move || listener.remove());
    });
    // Of rows that are sorted by what changes, all that would come, go or move waits.
    let names = move || match page_state.filter.with_value(|filter| filter.sort == Sort::Newest) {
        true => ("new order", "new orders"),
        false => ("order changed · show", "orders changed · show"),
    };
    // What never changes, and is not in the WebAssembly.
    let (head, none) = match cfg!(feature = "ssr") {
        true => page_state.filter.with_value(|filter| (table_head(filter), no_orders(filter))),
        false => Default::default(),
    };
    view! {
        <FormError call=advance />
        <FormError call=cancel />
        <div class="live-list" data-list="orders" tabindex="-1">
            {waiting_rows(orders.waiting, Box::new(move || orders.show_waiting()), Box::new(names))}
            <div class="card table-card">
                <table data-testid="orders">
                    <thead inner_html=head></thead>
                    <tbody>
                        {keyed_rows(move || {
                            orders
                                .shown()
                                .into_iter()
                                .map(|row| {
                                    let key = row.with_untracked(|order| order.order_id.clone());
                                    Row::new(key, move || view! { <OrderRow row page_state advance cancel /> })
                                })
                                .collect()
                        })}
                    </tbody>
                </table>
                <p class="empty empty-table" inner_html=none></p>
            </div>
            <BulkBar page_state bulk />
        </div>
        <Pager page_state />
    }
}

#[component]
fn OrderRow(row: page_state::Row<Order>, page_state: PageState, advance: FormCall, cancel: FormCall) -> impl IntoView {
    let order = row.signal();
    let Order { order_id, number, customer, items, total_cents, .. } = order.get_untracked();
    let advance = advance.for_row(&order_id);
    let cancel = cancel.with_error(advance.error);
    apply_refusals(page_state, advance);
    let seen = derived(move || SeenOrder::text(&order_id, order.with(|order| order.version)));
    view! {
        <tr data-testid="order" data-number=number data-highlight=highlight(order) data-leaving=leaving(row.leaving()) tabindex="-1">
            <td class="check">
                <input type="checkbox" form=BULK_FORM name="orders[]" value=seen aria-label=format!("Select order {number}") />
            </td>
            <th scope="row"><a href=order_path(number)>{number}</a></th>
            <td class="customer">{customer}</td>
            <td class="items">
                <p>{item_summary(&items)}</p>
            </td>
            <td class="number">{money(total_cents)}</td>
            <td><StatusPill order /></td>
            <td class="updated"><RelativeTime at=derived(move || order.with(|order| order.updated_at.clone())) /></td>
            <td class="actions">
                <AdvanceButton order advance />
                <CancelButton order cancel />
                <FormError call=advance />
            </td>
        </tr>
    }
}
