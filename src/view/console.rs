//! The staff's page: everybody's orders, and a word to one or all.

use super::{
    frame::{Frame, Pager},
    orders::{CancelButton, StatusPill, flash, label, listed, show_answers},
    parts::{Refusal, Time, reset_after},
};
use crate::{
    actions::{AdvanceOrder, Broadcast, CancelOrder, NotifyUser},
    browser::board::Board,
    error::Error,
    notification::{MESSAGE_MAX, Notification, TITLE_MAX},
    order::{Order, OrderStoreFields, Status, money},
    snapshot::SnapshotStoreFields,
    user::{NAME_MAX, Role},
};
use leptos::{html, prelude::*, server_fn::ServerFn};
use reactive_stores::Field;

#[component]
pub fn Console() -> impl IntoView {
    view! { <Frame title="Console" role=Role::Staff page=|board| view! { <Orders board /> }.into_any() /> }
}

#[component]
fn Orders(board: Board) -> impl IntoView {
    let advance = ServerAction::<AdvanceOrder>::new();
    let cancel = ServerAction::<CancelOrder>::new();
    show_answers(board, advance);
    show_answers(board, cancel);
    view! {
        <div class="columns">
            <section aria-labelledby="orders-title">
                <h1 id="orders-title">"All orders"</h1>
                <Refusal action=advance />
                <Refusal action=cancel />
                <Show
                    when=move || board.orders().with(|orders| !orders.is_empty())
                    fallback=|| view! { <p class="empty card">"No orders yet. A new one shows here at once."</p> }
                >
                    <div class="card table-card">
                        <table data-testid="orders">
                            <thead>
                                <tr>
                                    <th scope="col">"Order"</th>
                                    <th scope="col">"Customer"</th>
                                    <th scope="col" class="items">"Items"</th>
                                    <th scope="col" class="number">"Total"</th>
                                    <th scope="col">"Status"</th>
                                    <th scope="col" class="late">"Updated"</th>
                                    <th scope="col"><span class="unseen">"What to do"</span></th>
                                </tr>
                            </thead>
                            <tbody>
                                <For each=move || board.orders() key=|order| order.clone().order_id().get() let:order>
                                    <OrderRow order=order.into() advance cancel />
                                </For>
                            </tbody>
                        </table>
                    </div>
                </Show>
                <Pager board />
            </section>
            <aside class="stack">
                <Notify />
                <ToAll />
            </aside>
        </div>
    }
}

#[component]
fn OrderRow(order: Field<Order>, advance: ServerAction<AdvanceOrder>, cancel: ServerAction<CancelOrder>) -> impl IntoView {
    let number = order.number().get_untracked();
    view! {
        <tr data-testid="order" data-number=number data-flash=flash(order)>
            <th scope="row">{number}</th>
            <td>{order.customer().get_untracked()}</td>
            <td class="items">{listed(&order.items().read_untracked())}</td>
            <td class="number">{money(order.total_cents().get_untracked())}</td>
            <td><StatusPill order /></td>
            <td class="late"><Time at=Signal::derive(move || order.updated_at().get()) /></td>
            <td class="deeds">
                <Show when=move || order.status().get().next().is_some()>
                    <AdvanceButton order advance />
                </Show>
                <CancelButton order cancel />
            </td>
        </tr>
    }
}

#[component]
fn AdvanceButton(order: Field<Order>, advance: ServerAction<AdvanceOrder>) -> impl IntoView {
    let number = order.number().get_untracked();
    let deed = move || order.status().get().next().map(deed).unwrap_or_default();
    view! {
        <ActionForm action=advance>
            <input type="hidden" name="order_id" value=order.order_id().get_untracked() />
            <button aria-label=move || format!("{} order {number}", deed())>{deed}</button>
        </ActionForm>
    }
}

/// What the button says that leads to `status`.
fn deed(status: Status) -> &'static str {
    match status {
        Status::Packed => "Pack",
        Status::Shipped => "Ship",
        Status::Delivered => "Deliver",
        other => label(other),
    }
}

#[component]
fn Notify() -> impl IntoView {
    let notify = ServerAction::<NotifyUser>::new();
    let form = NodeRef::<html::Form>::new();
    reset_after(notify, form);
    view! {
        <section class="card" aria-labelledby="notify-title">
            <h2 id="notify-title">"Notify one user"</h2>
            <ActionForm action=notify node_ref=form>
                <label>"User" <input name="username" required autocomplete="off" autocapitalize="none" maxlength=NAME_MAX /></label>
                <Words />
                <Refusal action=notify />
                <button class="primary">"Notify"</button>
                <Sent action=notify />
            </ActionForm>
        </section>
    }
}

#[component]
fn ToAll() -> impl IntoView {
    let broadcast = ServerAction::<Broadcast>::new();
    let form = NodeRef::<html::Form>::new();
    reset_after(broadcast, form);
    view! {
        <section class="card" aria-labelledby="broadcast-title">
            <h2 id="broadcast-title">"Broadcast"</h2>
            <ActionForm action=broadcast node_ref=form>
                <Words />
                <Refusal action=broadcast />
                <button class="primary">"Send to everyone"</button>
                <Sent action=broadcast />
            </ActionForm>
        </section>
    }
}

/// That the last message has gone out.
#[component]
fn Sent<S>(action: ServerAction<S>) -> impl IntoView
where
    S: ServerFn<Output = Notification, Error = Error> + Clone + Send + Sync + 'static,
{
    let sent = move || action.value().with(|answer| matches!(answer, Some(Ok(_))));
    view! { <span role="status" class="done">{move || sent().then_some("Sent.")}</span> }
}

#[component]
fn Words() -> impl IntoView {
    view! {
        <label>"Title" <input name="title" required maxlength=TITLE_MAX /></label>
        <label>"Message" <textarea name="message" required rows="3" maxlength=MESSAGE_MAX></textarea></label>
    }
}
