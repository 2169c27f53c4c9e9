//! What the dashboard and the console share to show an order: items, status, progress, and the highlight of a change.

use super::{
    derived::derived,
    form::{Form, FormCall},
    live_text::live_text,
};
use crate::{
    browser::{effect, json, page_state::PageState},
    model::order::{Item, Order, Status},
};
use leptos::prelude::*;

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
pub fn StatusPill(order: RwSignal<Order>) -> impl IntoView {
    let status = move || order.with(|order| order.status);
    view! {
        <span
            class="pill"
            data-testid="status"
            data-status=derived(move || status().as_str().to_owned())
            {..live_text(move || status_label(status()).to_owned())}
        ></span>
    }
}

/// How far the order has come. The style sheet draws the steps before the current one as done.
#[component]
pub fn Stepper(order: RwSignal<Order>) -> impl IntoView {
    let status = move || order.with(|order| order.status);
    let steps = Status::STEPS.map(|step| {
        view! {
            <li aria-current=derived(move || if status() == step { "step" } else { "false" }.to_owned())>
                {status_label(step)}
            </li>
        }
    });
    view! { <ol class="steps" data-status=derived(move || status().as_str().to_owned())>{Vec::from(steps)}</ol> }
}

/// Applies the order that a call responds with at once, also while the page is not connected. The event that follows changes nothing more.
pub fn apply_responses(page_state: PageState, call: FormCall) {
    effect(move || {
        if let Some(order) = call.response.with(|response| response.as_deref().and_then(json::read)) {
            page_state.apply_order(&order);
        }
    });
}

/// Likewise the order that a refusal carries, so that the row shows what was pressed in vain. For one row: its error is its own.
pub fn apply_refusals(page_state: PageState, call: FormCall) {
    effect(move || {
        if let Some(order) = call.error.with(|error| error.as_ref()?.order.clone()) {
            page_state.apply_order(&order);
        }
    });
}

/// The fields that say which order a form is about, and which version of it the user sees. Firefox would keep what they held before a
/// reload, were `autocomplete` not off.
#[component]
pub fn OrderFields(order: RwSignal<Order>) -> impl IntoView {
    view! {
        <input type="hidden" name="order_id" value=order.with_untracked(|order| order.order_id.clone()) autocomplete="off" />
        <input type="hidden" name="version" value=derived(move || order.with(|order| order.version).to_string()) autocomplete="off" />
    }
}

/// The label of the button that moves an order to `status`.
pub fn action_label(status: Status) -> &'static str {
    match status {
        Status::Packed => "Pack",
        Status::Shipped => "Ship",
        Status::Delivered => "Deliver",
        other => status_label(other),
    }
}

/// Staff: moves the order one step on; hidden when there is none.
#[component]
pub fn AdvanceButton(order: RwSignal<Order>, advance: FormCall) -> impl IntoView {
    let number = order.with_untracked(|order| order.number);
    let next = move || order.with(|order| order.status).next();
    let action = move || next().map(action_label).unwrap_or_default();
    view! {
        <Form call=advance hidden=derived(move || next().is_none())>
            <OrderFields order />
            <button
                data-action="advance"
                aria-label=derived(move || format!("{} order {number}", action()))
                {..live_text(move || action().to_owned())}
            ></button>
        </Form>
    }
}

/// Cancels the order; hidden when it cannot be cancelled any more. It asks first, since it cannot be taken back.
#[component]
pub fn CancelButton(order: RwSignal<Order>, cancel: FormCall) -> impl IntoView {
    let number = order.with_untracked(|order| order.number);
    view! {
        <Form call=cancel hidden=derived(move || !order.with(|order| order.status).can_cancel())>
            <OrderFields order />
            // Of one name, only one is open.
            <details class="confirm" name="cancel">
                <summary class="button quiet danger" aria-label=format!("Cancel order {number}")>"Cancel"</summary>
                <p>
                    "This cannot be undone."
                    <button class="danger" aria-label=format!("Yes, cancel order {number}")>"Cancel the order"</button>
                </p>
            </details>
        </Form>
    }
}

/// The name of the animation that highlights a change; `none` before the first one. Two equal animations take turns, because an
/// animation starts again only when its name changes.
pub fn highlight(order: RwSignal<Order>) -> Signal<String> {
    let first = order.with_untracked(|order| order.version);
    let name = move || match order.with(|order| order.version) - first {
        0 => "none",
        changes if changes % 2 == 1 => "odd",
        _ => "even",
    };
    derived(move || name().to_owned())
}
