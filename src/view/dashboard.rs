//! The customer's page: their orders, and the shop they are placed from.

use super::{
    form::{Call, Form, Refusal},
    layout::{Layout, Pager},
    orders::{CancelButton, StatusPill, Stepper, flash, listed, show_answers},
    parts::{Row, Time, rows},
};
use crate::{
    browser::page_state::PageState,
    model::{
        cart::QUANTITY_MAX,
        order::{CATALOGUE, Order, OrderStoreFields, money},
        snapshot::SnapshotStoreFields,
        user::Role,
    },
    server_fns::{CancelOrder, PlaceOrder},
};
use leptos::prelude::*;
use reactive_stores::Field;

#[component]
pub fn Dashboard() -> impl IntoView {
    view! { <Layout title="Your orders" role=Role::Customer page=|_| view! { <Content /> }.into_any() /> }
}

#[component]
fn Content() -> impl IntoView {
    view! {
        <div class="columns">
            <section aria-labelledby="orders-title">
                <div class="title">
                    <h1 id="orders-title">"Your orders"</h1>
                    <a class="to-shop" href="#shop-title">"To the shop"</a>
                </div>
                <Orders />
            </section>
            <section aria-labelledby="shop-title" class="card shop">
                <h2 id="shop-title">"Shop"</h2>
                <Shop>
                    <Products />
                </Shop>
            </section>
        </div>
    }
}

#[component]
fn Products() -> impl IntoView {
    let products = CATALOGUE.map(|product| {
        view! {
            <label class="product">
                <img src=format!("/products/{}.svg", product.sku) alt="" width="48" height="48" />
                <span class="product-name">{product.name}</span>
                <span class="product-price">{money(product.price_cents)}</span>
                <input
                    type="number"
                    name=format!("items[{}]", product.sku)
                    value="0"
                    min="0"
                    max=QUANTITY_MAX
                    inputmode="numeric"
                    aria-label=format!("How many: {}", product.name)
                />
            </label>
        }
    });
    view! { <div class="products">{Vec::from(products)}</div> }
}

/// Places an order of the products inside.
#[island]
fn Shop(children: Children) -> impl IntoView {
    let place = Call::new::<PlaceOrder>();
    show_answers(expect_context(), place);
    view! {
        <Form call=place>
            {children()} <Refusal call=place />
            <button class="primary" disabled=Signal::derive(move || place.pending.get() > 0)>"Place order"</button>
        </Form>
    }
}

#[island]
fn Orders() -> impl IntoView {
    let page_state: PageState = expect_context();
    let cancel = Call::new::<CancelOrder>();
    show_answers(page_state, cancel);
    view! {
        <Refusal call=cancel />
        <ul class="cards" data-testid="orders">
            {rows(move || {
                page_state
                    .orders()
                    .into_iter()
                    .map(|order| Row::new(order.clone().order_id().get_untracked(), move || view! { <OrderCard order=order.into() cancel /> }))
                    .collect()
            })}
        </ul>
        <p class="empty card">"No orders yet. Choose something from the shop; it shows here at once."</p>
        <Pager page_state />
    }
}

#[component]
fn OrderCard(order: Field<Order>, cancel: Call) -> impl IntoView {
    let number = order.number().get_untracked();
    view! {
        <li class="card order" data-testid="order" data-number=number data-flash=flash(order) tabindex="-1">
            <div class="order-head">
                <h2>{format!("Order {number}")}</h2>
                <StatusPill order />
                <span class="order-total">{money(order.total_cents().get_untracked())}</span>
            </div>
            <p class="order-items">{listed(&order.items().read_untracked())}</p>
            <Stepper order />
            <div class="order-foot">
                <span>"Updated " <Time at=Signal::derive(move || order.updated_at().get()) /></span>
                <CancelButton order cancel />
            </div>
        </li>
    }
}
