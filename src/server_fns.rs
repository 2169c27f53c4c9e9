//! The server functions: `POST /api/<name>`. Thin: who asks, call the store, answer.
//!
//! Names and arguments are the public contract. Each takes a form or JSON, answers JSON, and sends a browser's form back to its page.

use crate::model::{
    cart::Cart,
    error::Error,
    notification::{Notification, Reading},
    order::{Advanced, Order},
    snapshot::Snapshot,
    user::User,
};
use leptos::{server, server_fn::codec::GetUrl};

#[cfg(feature = "ssr")]
use {
    crate::{
        model::{error::Kind, order::Status, redirect, snapshot::Filter},
        server::{
            AppState,
            http::auth::{self, AuthSession, visitor},
            store::Which,
        },
    },
    leptos::prelude::{ServerFnErrorErr, use_context},
};

/// Begins a session for the person of that name and password, and sends a browser to `next`, where they were, or to where their work is.
#[server(name = SignIn, prefix = "/api", endpoint = "sign_in")]
pub async fn sign_in(username: String, password: String, #[server(default)] next: Option<String>) -> Result<User, Error> {
    let (app, mut auth) = asked().await?;
    let user = auth::sign_in(&app, &mut auth, username, password).await?;
    leptos_axum::redirect(next.as_deref().filter(|next| redirect::is_redirect_target(next)).unwrap_or(user.home()));
    Ok(user)
}

/// Ends the session and all of its streams.
#[server(name = SignOut, prefix = "/api", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Error> {
    let (app, mut auth) = asked().await?;
    auth::sign_out(&app, &mut auth).await?;
    leptos_axum::redirect(redirect::SIGN_IN);
    Ok(())
}

/// Places an order for the customer who asks. [`Cart`] says how `items` may be written.
#[server(name = PlaceOrder, prefix = "/api", endpoint = "place_order")]
pub async fn place_order(items: Cart) -> Result<Order, Error> {
    let (app, auth) = asked().await?;
    let user = visitor(&auth).await?.user;
    if user.is_staff() {
        return Err(Error::new(Kind::Forbidden, "only customers place orders"));
    }
    app.store.place_order(&user.username, items.items()?).await
}

/// Cancels an order that is not shipped yet: one's own, or, for staff, anyone's.
#[server(name = CancelOrder, prefix = "/api", endpoint = "cancel_order")]
pub async fn cancel_order(order_id: String) -> Result<Order, Error> {
    let (app, auth) = asked().await?;
    app.store.cancel_order(&visitor(&auth).await?.user, &order_id).await
}

/// Staff: moves an order one step on and notifies its customer.
#[server(name = AdvanceOrder, prefix = "/api", endpoint = "advance_order")]
pub async fn advance_order(order_id: String) -> Result<Order, Error> {
    staff().await?.store.advance_order(&order_id).await
}

/// Staff: moves each of these orders one step on. One that cannot be moved keeps none of the others back.
#[server(name = AdvanceOrders, prefix = "/api", endpoint = "advance_orders")]
pub async fn advance_orders(#[server(default)] order_ids: Vec<String>) -> Result<Advanced, Error> {
    let app = staff().await?;
    if order_ids.is_empty() {
        return Err(Error::invalid("choose at least one order"));
    }
    app.store.advance_orders(&order_ids).await
}

/// Staff: ends one open stream, whose reader then resumes.
#[server(name = CutStream, prefix = "/api", endpoint = "cut_stream")]
pub async fn cut_stream(client_id: String) -> Result<(), Error> {
    let app = staff().await?;
    match client_id.parse() {
        Ok(client) if app.presence.cut(client).await? => Ok(()),
        _ => Err(Error::new(Kind::NotFound, "this stream is not open any more")),
    }
}

/// Staff, where the demo runs: lets orders be placed and move by themselves, or stops that.
#[server(name = DemoTraffic, prefix = "/api", endpoint = "demo_traffic")]
pub async fn demo_traffic(on: bool) -> Result<(), Error> {
    match &staff().await?.traffic {
        Some(traffic) => traffic.turn(on).await,
        None => Err(Error::new(Kind::NotFound, "the server runs without --demo")),
    }
}

/// Staff: notifies one user, in all of their streams.
#[server(name = NotifyUser, prefix = "/api", endpoint = "notify_user")]
pub async fn notify_user(username: String, title: String, message: String) -> Result<Notification, Error> {
    staff().await?.store.notify_user(username.trim(), title.trim(), message.trim()).await
}

/// Staff: notifies every user.
#[server(name = Broadcast, prefix = "/api", endpoint = "broadcast")]
pub async fn broadcast(title: String, message: String) -> Result<Notification, Error> {
    staff().await?.store.broadcast(title.trim(), message.trim()).await
}

/// Marks one of one's notifications as read, or, with `all=true`, each of them. Tells what was newly read and how many are left.
#[server(name = MarkRead, prefix = "/api", endpoint = "mark_read")]
pub async fn mark_read(
    #[server(default)] notification_id: Option<String>,
    #[server(default)] all: Option<String>,
) -> Result<Reading, Error> {
    let (app, auth) = asked().await?;
    let user = visitor(&auth).await?.user;
    let all = all.is_some_and(|all| !matches!(all.as_str(), "" | "0" | "false"));
    let which = match notification_id.filter(|id| !id.is_empty()) {
        _ if all => Which::All,
        Some(id) if id == "all" => Which::All,
        Some(id) => Which::One(id),
        None => return Err(Error::invalid("say which: notification_id, or all=true")),
    };
    app.store.mark_read(&user.username, which).await
}

/// What the page of the signed-in person shows, and the position in the log that it shows: the newest orders, or those numbered below
/// `before`; of one `status` only, or those in which `q` is found, where these are given.
#[server(name = GetSnapshot, prefix = "/api", endpoint = "snapshot", input = GetUrl)]
pub async fn snapshot(
    #[server(default)] before: Option<i64>,
    #[server(default)] status: Option<String>,
    #[server(default)] q: Option<String>,
) -> Result<Snapshot, Error> {
    let (app, auth) = asked().await?;
    let user = visitor(&auth).await?.user;
    let filter = Filter { before, status: status.as_deref().and_then(Status::parse), search: q.unwrap_or_default().trim().into() };
    let console_stats = if user.is_staff() { Some(app.stats.look().await?) } else { None };
    Ok(Snapshot { console_stats, ..app.store.snapshot(user, filter, app.settings.keep_alive).await? })
}

/// The demo's people and their password, where the demo runs.
#[server(name = DemoPeople, prefix = "/api", endpoint = "demo_people", input = GetUrl)]
pub async fn demo_people() -> Result<Vec<User>, Error> {
    let (app, _) = asked().await?;
    let people = crate::server::store::DEMO_PEOPLE.into_iter().filter(|_| app.settings.demo);
    Ok(people.map(|(username, role)| User { username: username.into(), role }).collect())
}

#[cfg(feature = "ssr")]
async fn asked() -> Result<(AppState, AuthSession), Error> {
    let missing = || Error::new(Kind::Internal, "a server function was called outside a request");
    let app = use_context::<AppState>().ok_or_else(missing)?;
    let auth = leptos_axum::extract::<AuthSession>().await.map_err(|_: ServerFnErrorErr| missing())?;
    Ok((app, auth))
}

#[cfg(feature = "ssr")]
async fn staff() -> Result<AppState, Error> {
    let (app, auth) = asked().await?;
    match visitor(&auth).await?.user.is_staff() {
        true => Ok(app),
        false => Err(Error::new(Kind::Forbidden, "only staff may do this")),
    }
}
