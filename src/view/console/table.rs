//! The table of orders: each can be advanced on its own, or several together.

use super::shortcuts;
use crate::{
    browser::{effect, json, page_state::PageState},
    model::{
        order::{Advanced, Order, OrderStoreFields, Status, money},
        seen_order::SeenOrder,
        snapshot::SnapshotStoreFields,
    },
    server_fns::{AdvanceOrder, AdvanceOrders, CancelOrder},
    view::{
        form::{Form, FormCall, FormError},
        list::{Row, keyed_rows},
        orders::{CancelButton, OrderFields, StatusPill, apply_refusals, apply_responses, highlight, item_summary, status_label},
        pager::Pager,
        time::RelativeTime,
    },
};
use leptos::prelude::*;
use reactive_stores::Field;
use wasm_bindgen::JsCast;

/// The id of the form that advances the selected orders. The rows' checkboxes belong to it.
const BULK_FORM: &str = "bulk-advance";

#[island]
pub fn Orders() -> impl IntoView {
    let page_state: PageState = expect_context();
    let (advance, cancel, bulk) = (FormCall::new::<AdvanceOrder>(), FormCall::new::<CancelOrder>(), FormCall::new::<AdvanceOrders>());
    apply_responses(page_state, advance);
    apply_responses(page_state, cancel);
    effect(|| {
        let listener = window_event_listener_untyped("keydown", |event| shortcuts::handle_key(event.unchecked_ref()));
        on_cleanup(move || listener.remove());
    });
    view! {
        <FormError call=advance />
        <FormError call=cancel />
        <FormError call=bulk />
        <Form call=bulk id=BULK_FORM>
            <button>"Advance selected"</button>
            <span role="status" class="success">{Signal::derive(move || bulk_result(bulk).unwrap_or_default())}</span>
            <button type="button" class="link shortcuts-hint" on:click=|_| _ = shortcuts::show_help()>
                "Keyboard shortcuts: ?"
            </button>
        </Form>
        <div class="card table-card">
            <table data-testid="orders">
                <thead>
                    <tr>
                        <th scope="col"><span class="visually-hidden">"Select"</span></th>
                        <th scope="col">"Order"</th>
                        <th scope="col">"Customer"</th>
                        <th scope="col" class="items">"Items"</th>
                        <th scope="col" class="number">"Total"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="updated">"Updated"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    {keyed_rows(move || {
                        page_state
                            .orders()
                            .into_iter()
                            .map(|order| {
                                Row::new(order.clone().order_id().get_untracked(), move || view! { <OrderRow order=order.into() advance cancel /> })
                            })
                            .collect()
                    })}
                </tbody>
            </table>
            <p class="empty">"No orders to show. New ones appear here as they arrive."</p>
        </div>
        <Pager page_state />
    }
}

/// How many orders were advanced together, and why the others were not.
fn bulk_result(bulk: FormCall) -> Option<String> {
    let result: Advanced = bulk.response.with(|response| json::read(response.as_deref()?))?;
    let refused = result.refused.iter().map(|reason| format!("; {reason}")).collect::<String>();
    Some(format!("{} advanced{refused}.", result.orders.len()))
}

#[component]
fn OrderRow(order: Field<Order>, advance: FormCall, cancel: FormCall) -> impl IntoView {
    let number = order.number().get_untracked();
    let order_id = order.order_id().get_untracked();
    let next = move || order.status().get().next();
    let advance = advance.for_row(&order_id);
    let cancel = cancel.with_error(advance.error);
    apply_refusals(advance);
    let seen = Signal::derive(move || SeenOrder::text(&order_id, order.version().get()));
    let action = Signal::derive(move || next().map(action_label).unwrap_or_default().to_owned());
    view! {
        <tr data-testid="order" data-number=number data-highlight=highlight(order) tabindex="-1">
            <td class="check">
                <input type="checkbox" form=BULK_FORM name="orders[]" value=seen aria-label=format!("Select order {number}") />
            </td>
            <th scope="row">{number}</th>
            <td class="customer">{order.customer().get_untracked()}</td>
            <td class="items">
                <details>
                    <summary>{item_summary(&order.items().read_untracked())}</summary>
                    <OrderDetails order />
                </details>
            </td>
            <td class="number">{money(order.total_cents().get_untracked())}</td>
            <td><StatusPill order /></td>
            <td class="updated"><RelativeTime at=Signal::derive(move || order.updated_at().get()) /></td>
            <td class="actions">
                <Form call=advance hidden=Signal::derive(move || next().is_none())>
                    <OrderFields order />
                    <button data-action="advance" aria-label=Signal::derive(move || format!("{} order {number}", action.get()))>{action}</button>
                </Form>
                <CancelButton order cancel />
                <FormError call=advance />
            </td>
        </tr>
    }
}

/// The items, each with its picture and price, and when the order was placed.
#[component]
fn OrderDetails(order: Field<Order>) -> impl IntoView {
    let items = order.items().get_untracked().into_iter().map(|item| {
        view! {
            <li>
                <img src=format!("/products/{}.svg", item.sku) alt="" width="32" height="32" loading="lazy" />
                {format!("{} × {}", item.quantity, item.name)}
                <span>{money(i64::from(item.quantity) * item.price_cents)}</span>
            </li>
        }
    });
    view! {
        <ul class="order-details">{items.collect_view()}</ul>
        <p>"Placed " <RelativeTime at=order.placed_at().get_untracked() /></p>
    }
}

/// The label of the button that moves an order to `status`.
fn action_label(status: Status) -> &'static str {
    match status {
        Status::Packed => "Pack",
        Status::Shipped => "Ship",
        Status::Delivered => "Deliver",
        other => status_label(other),
    }
}
