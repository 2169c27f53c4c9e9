//! Orders as both sides show them: the items, the progress, and the brief highlight of a change.

use crate::{
    actions::CancelOrder,
    browser::board::{self, Board},
    error::Error,
    order::{Item, Order, OrderStoreFields, Status},
};
use leptos::{prelude::*, server_fn::ServerFn};
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
    view! { <span class="pill" data-testid="status" data-status=move || status().as_str()>{move || label(status())}</span> }
}

/// How far the order has come, as steps.
#[component]
pub fn Stepper(order: Field<Order>) -> impl IntoView {
    let status = move || order.status().get();
    let reached = move |step: Status| {
        let place = |status| Status::WAY.iter().position(|step| *step == status);
        place(status()).is_some_and(|now| place(step).is_some_and(|step| step <= now))
    };
    let steps = Status::WAY.map(|step| {
        view! { <li class:reached=move || reached(step) aria-current=move || (status() == step).then_some("step")>{label(step)}</li> }
    });
    view! { <ol class="steps" class:cancelled=move || status() == Status::Cancelled>{Vec::from(steps)}</ol> }
}

/// Shows what `action` answers at once, also while the line is down; the event that follows changes nothing more.
pub fn show_answers<S>(board: Board, action: ServerAction<S>)
where
    S: ServerFn<Output = Order, Error = Error> + Clone + Send + Sync + 'static,
{
    Effect::new(move |_| {
        if let Some(Ok(order)) = action.value().get() {
            board::apply_order(board, &order);
        }
    });
}

/// Cancels the order, for as long as it can be cancelled.
#[component]
pub fn CancelButton(order: Field<Order>, cancel: ServerAction<CancelOrder>) -> impl IntoView {
    let number = order.number().get_untracked();
    let form = move || {
        view! {
            <ActionForm action=cancel>
                <input type="hidden" name="order_id" value=order.order_id().get_untracked() />
                <button class="quiet danger" aria-label=format!("Cancel order {number}")>"Cancel"</button>
            </ActionForm>
        }
    };
    move || order.status().get().can_cancel().then(form)
}

/// The name of the animation that marks a change, or none before the first. Two that look the same take turns: an animation begins
/// anew only when its name changes.
pub fn flash(order: Field<Order>) -> impl Fn() -> Option<&'static str> + Clone {
    let first = order.version().get_untracked();
    move || match order.version().get() - first {
        0 => None,
        changes if changes % 2 == 1 => Some("odd"),
        _ => Some("even"),
    }
}
