//! The customer's page: their orders, and the shop they are placed from.

use super::{
    frame::{Frame, Pager},
    orders::{CancelButton, StatusPill, Stepper, flash, listed, show_answers},
    parts::{Refusal, Time, reset_after},
};
use crate::{
    actions::{CancelOrder, PlaceOrder},
    basket::QUANTITY_MAX,
    browser::board::Board,
    order::{CATALOGUE, Order, OrderStoreFields, money},
    snapshot::SnapshotStoreFields,
    user::Role,
};
use leptos::{html, prelude::*};
use reactive_stores::Field;

#[component]
pub fn Dashboard() -> impl IntoView {
    view! { <Frame title="Your orders" role=Role::Customer page=|board| view! { <Orders board /> }.into_any() /> }
}

#[component]
fn Orders(board: Board) -> impl IntoView {
    let place = ServerAction::<PlaceOrder>::new();
    let cancel = ServerAction::<CancelOrder>::new();
    let form = NodeRef::<html::Form>::new();
    show_answers(board, place);
    show_answers(board, cancel);
    reset_after(place, form);
    let products = CATALOGUE.map(|product| {
        view! {
            <label class="product">
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
    view! {
        <div class="columns">
            <section aria-labelledby="orders-title">
                <div class="title">
                    <h1 id="orders-title">"Your orders"</h1>
                    <a class="to-shop" href="#shop-title">"To the shop"</a>
                </div>
                <Refusal action=cancel />
                <Show
                    when=move || board.orders().with(|orders| !orders.is_empty())
                    fallback=|| view! { <p class="empty card">"No orders yet. Choose something from the shop; it shows here at once."</p> }
                >
                    <ul class="cards" data-testid="orders">
                        <For each=move || board.orders() key=|order| order.clone().order_id().get() let:order>
                            <OrderCard order=order.into() cancel />
                        </For>
                    </ul>
                </Show>
                <Pager board />
            </section>
            <section aria-labelledby="shop-title" class="card shop">
                <h2 id="shop-title">"Shop"</h2>
                <ActionForm action=place node_ref=form>
                    <div class="products">{Vec::from(products)}</div>
                    <Refusal action=place />
                    <button class="primary" disabled=move || place.pending().get()>"Place order"</button>
                </ActionForm>
            </section>
        </div>
    }
}

#[component]
fn OrderCard(order: Field<Order>, cancel: ServerAction<CancelOrder>) -> impl IntoView {
    let number = order.number().get_untracked();
    view! {
        <li class="card order" data-testid="order" data-number=number data-flash=flash(order)>
            <div class="order-head">
                <h3>{format!("Order {number}")}</h3>
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
