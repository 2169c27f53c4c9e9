//! The page of one order, for its customer and for staff: what was ordered, who did what when, and what its customer was told.
//!
//! The server renders it; [`Refreshed`] keeps it current.

mod summary;
mod timeline;

use super::{layout::Layout, refreshed::REFRESHED, refreshed_page::Refreshed, scripts::Bundle};
use crate::{
    model::{
        error::{Error, Kind},
        load_error::OnLoadError,
        order::{OrderDetails, order_path},
        snapshot::Snapshot,
        user::User,
    },
    server_fns,
};
use leptos::{either::EitherOf3, prelude::*};
use leptos_meta::Title;
use leptos_router::{components::Redirect, hooks::use_params_map};
use summary::{Actions, Heading, Items};
use timeline::Timeline;

#[component]
pub fn OrderPage() -> impl IntoView {
    view! { <Layout title="Order" bundle=Bundle::Order without_orders=true page=order /> }
}

/// Read after the page's snapshot: an event between the two is told again, and none is missed.
fn order(snapshot: &Snapshot) -> AnyView {
    let user = StoredValue::new(snapshot.user.clone());
    let name = StoredValue::new(use_params_map().get_untracked().get("order").unwrap_or_default());
    let on_error = StoredValue::new(use_context::<OnLoadError>());
    let details = AsyncDerived::new(move || {
        let name = name.get_value();
        let number = name.parse().ok();
        server_fns::order(number, number.is_none().then_some(name))
    });
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match details.await {
                    Ok(details) if details.order.number.to_string() == name.get_value() => {
                        EitherOf3::A(view! { <Order details user=user.get_value() /> })
                    }
                    Ok(details) => EitherOf3::B(view! { <Redirect path=order_path(details.order.number) /> }),
                    Err(error) => {
                        if let Some(OnLoadError(tell)) = on_error.get_value() {
                            tell(&error);
                        }
                        EitherOf3::C(view! { <NoOrder error user=user.get_value() /> })
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Order(details: OrderDetails, user: User) -> impl IntoView {
    let OrderDetails { order, steps, notifications } = details;
    let order = RwSignal::new(order);
    let (number, id) = order.with_untracked(|order| (order.number, order.order_id.clone()));
    let part = view! {
        <article class="order-page" aria-labelledby="order-title">
            <Heading order user=user.clone() />
            <Actions order user=user.clone() />
            <Items order />
            <Timeline steps notifications user />
        </article>
    };
    view! {
        <Title text=format!("Order {number}") />
        <Refreshed>{part.attr(REFRESHED, id)}</Refreshed>
    }
}

/// Another's order does not exist either.
#[component]
fn NoOrder(error: Error, user: User) -> impl IntoView {
    let (title, text) = match error.kind {
        Kind::NotFound => ("No such order", "There is no order at this address, or it is not one of yours.".into()),
        _ => ("This order could not be loaded", error.error),
    };
    view! {
        <Title text=title />
        <section class="message-page">
            <h1>{title}</h1>
            <p>{text}</p>
            <p>
                <a class="button" href=user.home()>
                    {if user.is_staff() { "All orders" } else { "Your orders" }}
                </a>
            </p>
        </section>
    }
}
