//! What the dashboard and the console share to show an order: items, status, progress, and the highlight of a change.

use super::form::{Form, FormCall};
use crate::{
    browser::{
        effect, json,
        page_state::{self, PageState},
    },
    model::order::{Item, Order, OrderStoreFields, Status},
};
use leptos::prelude::*;
use reactive_stores::Field;

/// `2 × Coffee beans, 500 g; 1 × Stoneware mug`
pub fn item_summary(items: &[Item]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("{} × {}", item.quantity, item.name)).collect();
    items.join("; ")
}

/// The status as users read it.
pub fn status_label(status: Status) -> &'static str {
    match status {
        Status::Placed => "Placed",
        Status::Packed => "Packed",
        Status::Shipped => "Shipped",
        Status::Delivered => "Delivered",
        Status::Cancelled => "Cancelled",
    }
}

/// The status, in words and colour.
#[component]
pub fn StatusPill(order: Field<Order>) -> impl IntoView {
    let status = move || order.status().get();
    view! {
        <span class="pill" data-testid="status" data-status=Signal::derive(move || status().as_str().to_owned())>
            {Signal::derive(move || status_label(status()).to_owned())}
        </span>
    }
}

/// How far the order has come. The style sheet draws the finished steps from the list's `data-status`.
#[component]
pub fn Stepper(order: Field<Order>) -> impl IntoView {
    let status = move || order.status().get();
    let steps = Status::STEPS.map(|step| {
        view! {
            <li data-step=step.as_str() aria-current=Signal::derive(move || if status() == step { "step" } else { "false" }.to_owned())>
                {status_label(step)}
            </li>
        }
    });
    view! { <ol class="steps" data-status=Signal::derive(move || status().as_str().to_owned())>{Vec::from(steps)}</ol> }
}

/// Applies the order that a call responds with at once, also while the page is not connected. The event that follows changes nothing more.
pub fn apply_responses(page_state: PageState, call: FormCall) {
    effect(move || {
        if let Some(order) = call.response.with(|response| response.as_deref().and_then(json::read)) {
            page_state::apply_order(page_state, &order);
        }
    });
}

/// Likewise the order that a refusal carries, so that the row shows what was pressed in vain. For one row: its error is its own.
pub fn apply_refusals(call: FormCall) {
    let page_state: PageState = expect_context();
    effect(move || {
        if let Some(order) = call.error.with(|error| error.as_ref()?.order.clone()) {
            page_state::apply_order(page_state, &order);
        }
    });
}

/// The fields that say which order a form is about, and which version of it the user sees. Firefox would keep what they held before a
/// reload, were `autocomplete` not off.
#[component]
pub fn OrderFields(order: Field<Order>) -> impl IntoView {
    view! {
        <input type="hidden" name="order_id" value=order.order_id().get_untracked() autocomplete="off" />
        <input type="hidden" name="version" value=Signal::derive(move || order.version().get().to_string()) autocomplete="off" />
    }
}

/// Cancels the order; hidden when it cannot be cancelled any more.
#[component]
pub fn CancelButton(order: Field<Order>, cancel: FormCall) -> impl IntoView {
    let number = order.number().get_untracked();
    view! {
        <Form call=cancel hidden=Signal::derive(move || !order.status().get().can_cancel())>
            <OrderFields order />
            <button class="quiet danger" aria-label=format!("Cancel order {number}")>"Cancel"</button>
        </Form>
    }
}

/// The name of the animation that highlights a change; `none` before the first one. Two equal animations take turns, because an
/// animation starts again only when its name changes.
pub fn highlight(order: Field<Order>) -> Signal<String> {
    let first = order.version().get_untracked();
    let name = move || match order.version().get() - first {
        0 => "none",
        changes if changes % 2 == 1 => "odd",
        _ => "even",
    };
    Signal::derive(move || name().to_owned())
}
