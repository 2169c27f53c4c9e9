//! The customer's page: their orders, and the shop.

use super::{
    form::{Form, FormCall, FormError},
    in_use::watch_use,
    layout::Layout,
    list::{Row, keyed_rows, leaving, waiting_rows},
    orders::{CancelButton, StatusPill, Stepper, apply_refusals, apply_responses, highlight, item_summary},
    pager::Pager,
    time::RelativeTime,
};
use crate::{
    browser::page_state::{self, PageState},
    model::{
        cart::QUANTITY_MAX,
        order::{CATALOGUE, Order, money, order_path},
        user::Role,
    },
    server_fns::{self, CancelOrder, PlaceOrder},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

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

/// What can be ordered. An address such as `/?again=1042` fills in what was ordered then.
#[component]
fn Products() -> impl IntoView {
    let again = use_query_map().get_untracked().get("again").and_then(|number| number.parse().ok());
    let order = AsyncDerived::new(move || async move { server_fns::order(Some(again?), None).await.ok().map(|details| details.order) });
    view! {
        <Suspense>{move || Suspend::new(async move { view! { <Basket again=order.await /> } })}</Suspense>
    }
}

#[component]
fn Basket(again: Option<Order>) -> impl IntoView {
    let place_order = FormCall::new::<PlaceOrder>();
    let quantity = |sku: &str| again.as_ref()?.items.iter().find(|item| item.sku == sku).map(|item| item.quantity.to_string());
    let products = CATALOGUE.map(|product| {
        let name = format!("items[{}]", product.sku);
        let quantity = place_order.typed(&name).or_else(|| quantity(product.sku));
        view! {
            <label class="product">
                <img src=format!("/products/{}.svg", product.sku) alt="" width="48" height="48" />
                <span class="product-name">{product.name}</span>
                <span class="product-price">{money(product.price_cents)}</span>
                <input
                    type="number"
                    value=quantity.unwrap_or_else(|| "0".into())
                    name=name
                    min="0"
                    max=QUANTITY_MAX
                    inputmode="numeric"
                    aria-label=format!("Quantity: {}", product.name)
                />
            </label>
        }
    });
    let again = again.map(|order| {
        let text = format!("The items of order {}, at today's prices. Change what you like, then place the order.", order.number);
        view! { <p class="notice">{text}</p> }
    });
    view! {
        {again}
        <div class="products">{Vec::from(products)}</div>
    }
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
    let orders = page_state.orders;
    watch_use("[data-list=orders]", move |in_use| orders.set_in_use(in_use));
    view! {
        <FormError call=cancel />
        <div class="live-list" data-list="orders" tabindex="-1">
            {waiting_rows(orders.waiting, Box::new(move || orders.show_waiting()), "new order", "new orders")}
            <ul class="cards" data-testid="orders">
                {keyed_rows(move || {
                    orders
                        .shown()
                        .into_iter()
                        .map(|row| {
                            let key = row.with_untracked(|order| order.order_id.clone());
                            Row::new(key, move || view! { <OrderCard row page_state cancel /> })
                        })
                        .collect()
                })}
            </ul>
            <p class="empty card">"No orders yet. Orders that you place appear here."</p>
        </div>
        <Pager page_state />
    }
}

#[component]
fn OrderCard(row: page_state::Row<Order>, page_state: PageState, cancel: FormCall) -> impl IntoView {
    let order = row.signal();
    let Order { order_id, number, items, total_cents, .. } = order.get_untracked();
    let cancel = cancel.for_row(&order_id);
    apply_refusals(page_state, cancel);
    view! {
        <li
            class="card order"
            data-testid="order"
            data-number=number
            data-highlight=highlight(order)
            data-leaving=leaving(row.leaving())
            tabindex="-1"
        >
            <div class="order-head">
                <h2><a href=order_path(number)>{format!("Order {number}")}</a></h2>
                <StatusPill order />
                <span class="order-total">{money(total_cents)}</span>
            </div>
            <p class="order-items">{item_summary(&items)}</p>
            <Stepper order />
            <div class="order-foot">
                <span>"Updated " <RelativeTime at=Signal::derive(move || order.with(|order| order.updated_at.clone())) /></span>
                <CancelButton order cancel />
            </div>
            <FormError call=cancel />
        </li>
    }
}
