//! The table of orders: a row each, moved on one by one or together.

use super::keys;
use crate::{
    browser::{effect, json, page_state::PageState},
    model::{
        order::{Advanced, Order, OrderStoreFields, Status, money},
        snapshot::SnapshotStoreFields,
    },
    server_fns::{AdvanceOrder, AdvanceOrders, CancelOrder},
    view::{
        form::{Call, Form, Refusal},
        layout::Pager,
        orders::{CancelButton, StatusPill, flash, label, listed, show_answers},
        parts::{Row, Time, rows},
    },
};
use leptos::prelude::*;
use reactive_stores::Field;
use wasm_bindgen::JsCast;

#[island]
pub fn Orders() -> impl IntoView {
    let page_state: PageState = expect_context();
    let (advance, cancel, together) = (Call::new::<AdvanceOrder>(), Call::new::<CancelOrder>(), Call::new::<AdvanceOrders>());
    show_answers(page_state, advance);
    show_answers(page_state, cancel);
    effect(|| {
        let listener = window_event_listener_untyped("keydown", |event| keys::pressed(event.unchecked_ref()));
        on_cleanup(move || listener.remove());
    });
    view! {
        <Refusal call=advance />
        <Refusal call=cancel />
        <Refusal call=together />
        <Form call=together id="together">
            <button>"Advance the selected"</button>
            <span role="status" class="done">{Signal::derive(move || outcome(together).unwrap_or_default())}</span>
            <button type="button" class="link keys-hint" on:click=|_| _ = keys::show_help()>
                "Keys: press ?"
            </button>
        </Form>
        <div class="card table-card">
            <table data-testid="orders">
                <thead>
                    <tr>
                        <th scope="col"><span class="unseen">"Selected"</span></th>
                        <th scope="col">"Order"</th>
                        <th scope="col">"Customer"</th>
                        <th scope="col" class="items">"Items"</th>
                        <th scope="col" class="number">"Total"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="late">"Updated"</th>
                        <th scope="col"><span class="unseen">"What to do"</span></th>
                    </tr>
                </thead>
                <tbody>
                    {rows(move || {
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
            <p class="empty">"No orders here. A new one shows at once."</p>
        </div>
        <Pager page_state />
    }
}

/// What became of the orders that were advanced together.
fn outcome(together: Call) -> Option<String> {
    let outcome: Advanced = together.answer.with(|answer| json::read(answer.as_deref()?))?;
    let others = outcome.refused.iter().map(|line| format!("; {line}")).collect::<String>();
    Some(format!("{} advanced{others}.", outcome.orders.len()))
}

#[component]
fn OrderRow(order: Field<Order>, advance: Call, cancel: Call) -> impl IntoView {
    let number = order.number().get_untracked();
    let order_id = order.order_id().get_untracked();
    let next = move || order.status().get().next();
    let deed = Signal::derive(move || next().map(deed).unwrap_or_default().to_owned());
    view! {
        <tr data-testid="order" data-number=number data-flash=flash(order) tabindex="-1">
            <td class="check">
                <input type="checkbox" form="together" name="order_ids[]" value=order_id.clone() aria-label=format!("Select order {number}") />
            </td>
            <th scope="row">{number}</th>
            <td class="customer">{order.customer().get_untracked()}</td>
            <td class="items">
                <details>
                    <summary>{listed(&order.items().read_untracked())}</summary>
                    <Lines order />
                </details>
            </td>
            <td class="number">{money(order.total_cents().get_untracked())}</td>
            <td><StatusPill order /></td>
            <td class="late"><Time at=Signal::derive(move || order.updated_at().get()) /></td>
            <td class="deeds">
                <Form call=advance hidden=Signal::derive(move || next().is_none())>
                    <input type="hidden" name="order_id" value=order_id />
                    <button data-deed="advance" aria-label=Signal::derive(move || format!("{} order {number}", deed.get()))>{deed}</button>
                </Form>
                <CancelButton order cancel />
            </td>
        </tr>
    }
}

/// What was ordered, line by line, and when.
#[component]
fn Lines(order: Field<Order>) -> impl IntoView {
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
        <ul class="lines">{items.collect_view()}</ul>
        <p>"Placed " <Time at=order.placed_at().get_untracked() /></p>
    }
}

/// What the button says that leads to `status`.
fn deed(status: Status) -> &'static str {
    match status {
        Status::Packed => "Pack",
        Status::Shipped => "Ship",
        Status::Delivered => "Deliver",
        other => label(other),
    }
}
