//! The upper part of an order's page: its state, what may be done with it, and what was ordered.

use crate::{
    model::{
        order::{Item, Order, money},
        user::User,
    },
    server_fns::{AdvanceOrder, CancelOrder},
    view::{
        form::FormCall,
        orders::{AdvanceButton, CancelButton, StatusPill, Stepper},
        time::RelativeTime,
    },
};
use leptos::prelude::*;
use leptos_router::location::Url;

#[component]
pub fn Heading(order: RwSignal<Order>, user: User) -> impl IntoView {
    let Order { number, customer, placed_at, updated_at, .. } = order.get_untracked();
    let (home, all) = (user.home(), if user.is_staff() { "All orders" } else { "Your orders" });
    let by = user.is_staff().then(|| {
        let orders = format!("/console?q={}", Url::escape(&customer));
        view! { " by " <a href=orders>{customer}</a> }
    });
    view! {
        <nav class="back" aria-label="Back">
            <a href=home>{all}</a>
        </nav>
        <div class="order-title">
            <h1 id="order-title">{format!("Order {number}")}</h1>
            <StatusPill order />
            <p class="secondary">"Placed " <RelativeTime at=placed_at /> {by} <span class="updated-at">" · Updated " <RelativeTime at=updated_at /></span></p>
        </div>
    }
}

/// The order's next step for staff; the same order again for its customer; and to cancel it for both.
#[component]
pub fn Actions(order: RwSignal<Order>, user: User) -> impl IntoView {
    let number = order.with_untracked(|order| order.number);
    let (advance, cancel) = (FormCall::new::<AdvanceOrder>(), FormCall::new::<CancelOrder>());
    let first = match user.is_staff() {
        true => view! { <AdvanceButton order advance /> }.into_any(),
        false => view! { <a class="button" href=format!("/?again={number}#shop-title")>"Order again"</a> }.into_any(),
    };
    view! {
        <div class="order-actions">
            {first}
            <CancelButton order cancel />
        </div>
    }
}

#[component]
pub fn Items(order: RwSignal<Order>) -> impl IntoView {
    let Order { items, total_cents, .. } = order.get_untracked();
    let items = items.into_iter().map(|item| {
        let Item { sku, name, quantity, price_cents } = item;
        view! {
            <li>
                <img src=format!("/products/{sku}.svg") alt="" width="40" height="40" />
                <span class="order-line-name">{name} <small>{format!("{} each", money(price_cents))}</small></span>
                <span>{format!("× {quantity}")}</span>
                <span>{money(i64::from(quantity) * price_cents)}</span>
            </li>
        }
    });
    view! {
        <section class="card order-what" aria-labelledby="items-title">
            <h2 id="items-title" class="visually-hidden">"Items"</h2>
            <Stepper order />
            <ul class="order-lines">{items.collect_view()}</ul>
            <p class="order-sum">"Total " <strong>{money(total_cents)}</strong></p>
        </section>
    }
}
