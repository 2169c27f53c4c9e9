//! The customer's page: their orders, and the shop.

use super::{
    derived::derived,
    form::{Form, FormCall, FormError},
    guide::Guide,
    in_use::watch_use,
    layout::Layout,
    list::{Row, keyed_rows, leaving, waiting_rows},
    live_text::live_text,
    orders::{CancelButton, StatusPill, Stepper, apply_refusals, apply_responses, highlight, item_summary},
    pager::Pager,
    scripts::Bundle,
    time::RelativeTime,
};
use crate::{
    browser::{
        effect, json,
        page_state::{self, PageState},
    },
    model::{
        cart::QUANTITY_MAX,
        order::{CATALOGUE, Order, money, order_path},
        user::Role,
    },
    server_fns::{self, CancelOrder, PlaceOrder},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement};

#[component]
pub fn Dashboard() -> impl IntoView {
    view! { <Layout title="Your orders" bundle=Bundle::Customer role=Role::Customer page=|_| view! { <Content /> }.into_any() /> }
}

#[component]
fn Content() -> impl IntoView {
    view! {
        <Guide />
        <div class="columns">
            <section aria-labelledby="orders-title">
                <h1 id="orders-title">"Your orders"</h1>
                <Orders />
                // Below the orders, and over them while they are longer than the screen.
                <a class="button primary shop-link" href="#shop-title">"Shop"</a>
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
            <div class="product">
                <img src=format!("/products/{}.svg", product.sku) alt="" width="48" height="48" />
                <span class="product-name">{product.name}</span>
                <span class="product-price">{money(product.price_cents)}</span>
                <span class="quantity">
                    <button type="button" data-quantity="less" aria-label=format!("One less: {}", product.name)>"−"</button>
                    <input
                        type="number"
                        value=quantity.unwrap_or_else(|| "0".into())
                        name=name
                        min="0"
                        max=QUANTITY_MAX
                        inputmode="numeric"
                        data-cents=product.price_cents
                        aria-label=format!("Quantity: {}", product.name)
                    />
                    <button type="button" data-quantity="more" aria-label=format!("One more: {}", product.name)>"+"</button>
                </span>
            </div>
        }
    });
    let again = again.map(|order| {
        let text = format!("The items of order {}, at today's prices. Change what you like, then place the order.", order.number);
        view! { <p class="again">{text}</p> }
    });
    view! {
        {again}
        <div class="products">{Vec::from(products)}</div>
    }
}

/// The form that places an order of the products inside of it. What it says of the basket and of the order that was placed, it says beside its
/// button.
#[island]
fn Shop(children: Children) -> impl IntoView {
    let place_order = FormCall::new::<PlaceOrder>();
    apply_responses(expect_context(), place_order);
    let total = RwSignal::new(0);
    effect(move || {
        // After a response the basket is empty.
        place_order.response.track();
        total.set(basket_cents());
    });
    effect(move || {
        for name in ["click", "input"] {
            let listener = window_event_listener_untyped(name, move |event| {
                step_quantity(&event);
                total.set(basket_cents());
            });
            on_cleanup(move || listener.remove());
        }
    });
    let placed = move || place_order.response.with(|response| json::read::<Order>(response.as_deref()?)).map(|order| order.number);
    view! {
        <Form call=place_order>
            {children()} <FormError call=place_order />
            <p class="basket-total" hidden=derived(move || total.get() == 0)>
                "Total "
                <strong {..live_text(move || money(total.get()))}></strong>
            </p>
            <p class="placed" role="status">
                <a
                    href=derived(move || order_path(placed().unwrap_or_default()))
                    hidden=derived(move || placed().is_none())
                    {..live_text(move || placed().map(|number| format!("Order {number} placed")).unwrap_or_default())}
                ></a>
            </p>
            <button class="primary">"Place order"</button>
        </Form>
    }
}

/// Adds or takes away one, where the event is a press of such a button.
fn step_quantity(event: &Event) -> Option<()> {
    let pressed: Element = event.target()?.dyn_into().ok()?;
    let button = pressed.closest("[data-quantity]").ok()??;
    let quantity: HtmlInputElement = button.parent_element()?.query_selector("input").ok()??.unchecked_into();
    let step = if button.get_attribute("data-quantity")? == "more" { 1 } else { -1 };
    let number = quantity.value_as_number() as i64 + step;
    quantity.set_value(&number.clamp(0, i64::from(QUANTITY_MAX)).to_string());
    Some(())
}

/// What the basket costs, at the prices that the page shows.
fn basket_cents() -> i64 {
    let Ok(quantities) = document().query_selector_all("[data-cents]") else { return 0 };
    let quantities = (0..quantities.length()).filter_map(|index| quantities.item(index)).map(JsCast::unchecked_into::<HtmlInputElement>);
    // An empty field's number is none, and so 0 as a whole one.
    let cents = quantities.map(|quantity| {
        let price: i64 = quantity.get_attribute("data-cents").and_then(|price| price.parse().ok()).unwrap_or_default();
        price * quantity.value_as_number() as i64
    });
    cents.sum()
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
            {waiting_rows(orders.waiting, Box::new(move || orders.show_waiting()), Box::new(|| ("new order", "new orders")))}
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
            <p class="empty card">"No orders yet. " <a href="#shop-title">"Choose something in the shop"</a> "."</p>
        </div>
        <Pager page_state />
    }
}

#[component]
fn OrderCard(row: page_state::Row<Order>, page_state: PageState, cancel: FormCall) -> impl IntoView {
    let order = row.signal();
    let Order { order_id, number, status, items, total_cents, .. } = order.get_untracked();
    let cancel = cancel.for_row(&order_id);
    apply_refusals(page_state, cancel);
    view! {
        <li
            class="card order"
            data-testid="order"
            data-number=number
            data-highlight=highlight(order)
            // Of an order that has ended, one line. One that ends while the page is open keeps its height: nothing moves below it.
            data-ended=(status.next().is_none()).then_some("")
            // Hydration sets no attributes: this is there on rows that came while the page was open.
            data-new=(!cfg!(feature = "ssr")).then_some("")
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
                <span>"Updated " <RelativeTime at=derived(move || order.with(|order| order.updated_at.clone())) /></span>
                <CancelButton order cancel />
            </div>
            <FormError call=cancel />
        </li>
    }
}
