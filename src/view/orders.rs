//! Orders as both sides show them: the items, the progress, and the brief highlight of a change.

use super::form::{Call, Form};
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
pub fn listed(items: &[Item]) -> String {
    let lines: Vec<_> = items.iter().map(|item| format!("{} × {}", item.quantity, item.name)).collect();
    lines.join("; ")
}

/// The status as people read it.
pub fn label(status: Status) -> &'static str {
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
            {Signal::derive(move || label(status()).to_owned())}
        </span>
    }
}

/// How far the order has come: its steps are drawn from the status that stands on the list.
#[component]
pub fn Stepper(order: Field<Order>) -> impl IntoView {
    let status = move || order.status().get();
    let steps = Status::STEPS.map(|step| {
        view! {
            <li data-step=step.as_str() aria-current=Signal::derive(move || if status() == step { "step" } else { "false" }.to_owned())>
                {label(step)}
            </li>
        }
    });
    view! { <ol class="steps" data-status=Signal::derive(move || status().as_str().to_owned())>{Vec::from(steps)}</ol> }
}

/// Shows what a call answers at once, also while the line is down; the event that follows changes nothing more.
pub fn show_answers(page_state: PageState, call: Call) {
    effect(move || {
        if let Some(order) = call.answer.with(|answer| answer.as_deref().and_then(json::read)) {
            page_state::apply_order(page_state, &order);
        }
    });
}

/// Cancels the order, for as long as it can be cancelled.
#[component]
pub fn CancelButton(order: Field<Order>, cancel: Call) -> impl IntoView {
    let number = order.number().get_untracked();
    view! {
        <Form call=cancel hidden=Signal::derive(move || !order.status().get().can_cancel())>
            <input type="hidden" name="order_id" value=order.order_id().get_untracked() />
            <button class="quiet danger" aria-label=format!("Cancel order {number}")>"Cancel"</button>
        </Form>
    }
}

/// The name of the animation that marks a change, or none before the first. Two that look the same take turns: an animation begins
/// anew only when its name changes.
pub fn flash(order: Field<Order>) -> Signal<String> {
    let first = order.version().get_untracked();
    let name = move || match order.version().get() - first {
        0 => "none",
        changes if changes % 2 == 1 => "odd",
        _ => "even",
    };
    Signal::derive(move || name().to_owned())
}
