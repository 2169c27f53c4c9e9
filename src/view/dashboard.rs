//! The customer's page: their orders, and the shop.

use super::{
    form::{Form, FormCall, FormError},
    layout::Layout,
    list::{Row, keyed_rows},
    orders::{CancelButton, StatusPill, Stepper, apply_refusals, apply_responses, highlight, item_summary},
    pager::Pager,
    time::RelativeTime,
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
                    <a class="shop-link" href="#shop-title">"Go to the shop"</a>
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
    let place_order = FormCall::new::<PlaceOrder>();
    let products = CATALOGUE.map(|product| {
        let name = format!("items[{}]", product.sku);
        view! {
            <label class="product">
                <img src=format!("/products/{}.svg", product.sku) alt="" width="48" height="48" />
                <span class="product-name">{product.name}</span>
                <span class="product-price">{money(product.price_cents)}</span>
                <input
                    type="number"
                    value=place_order.typed(&name).unwrap_or_else(|| "0".into())
                    name=name
                    min="0"
                    max=QUANTITY_MAX
                    inputmode="numeric"
                    aria-label=format!("Quantity: {}", product.name)
                />
            </label>
        }
    });
    view! { <div class="products">{Vec::from(products)}</div> }
}

/// The form that places an order of the products inside of it.
#[island]
fn Shop(children: Children) -> impl IntoView {
    let place_order = FormCall::new::<PlaceOrder>();
    apply_responses(expect_context(), place_order);
    view! {
        <Form call=place_order>
            {children()} <FormError call=place_order />
            <button class="primary">"Place order"</button>
        </Form>
    }
}

#[island]
fn Orders() -> impl IntoView {
    let page_state: PageState = expect_context();
    let cancel = FormCall::new::<CancelOrder>();
    apply_responses(page_state, cancel);
    view! {
        <FormError call=cancel />
        <ul class="cards" data-testid="orders">
            {keyed_rows(move || {
                page_state
                    .orders()
                    .into_iter()
                    .map(|order| Row::new(order.clone().order_id().get_untracked(), move || view! { <OrderCard order=order.into() cancel /> }))
                    .collect()
            })}
        </ul>
        <p class="empty card">"No orders yet. Orders that you place appear here."</p>
        <Pager page_state />
    }
}

#[component]
fn OrderCard(order: Field<Order>, cancel: FormCall) -> impl IntoView {
    let number = order.number().get_untracked();
    let cancel = cancel.for_row(&order.order_id().read_untracked());
    apply_refusals(cancel);
    view! {
        <li class="card order" data-testid="order" data-number=number data-highlight=highlight(order) tabindex="-1">
            <div class="order-head">
                <h2>{format!("Order {number}")}</h2>
                <StatusPill order />
                <span class="order-total">{money(order.total_cents().get_untracked())}</span>
            </div>
            <p class="order-items">{item_summary(&order.items().read_untracked())}</p>
            <Stepper order />
            <div class="order-foot">
                <span>"Updated " <RelativeTime at=Signal::derive(move || order.updated_at().get()) /></span>
                <CancelButton order cancel />
            </div>
            <FormError call=cancel />
        </li>
    }
}
