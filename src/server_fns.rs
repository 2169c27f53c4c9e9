//! The server functions: `POST /api/<name>`. Thin: who asks, call the store, answer.
//!
//! Names and arguments are the public contract. Each takes a form or JSON and answers JSON; a browser's form is redirected back to its page.

use crate::model::{
    audit::Audit,
    cart::Cart,
    error::Error,
    notification::{Notification, NotificationPage, Reading},
    order::{Advanced, Order, OrderDetails},
    snapshot::Snapshot,
    user::User,
};
use leptos::{server, server_fn::codec::GetUrl};

#[cfg(feature = "ssr")]
use {
    crate::{
        model::{
            error::Kind,
            event::EventId,
            filter::{Filter, Position, Sort},
            order::Status,
            redirect,
            seen_order::{SeenOrder, parse_version},
            user::USERNAMES_MAX,
        },
        server::{
            AppState,
            http::{
                auth::{self, current_user},
                preferences,
                sessions::AuthSession,
            },
            store::{DEMO_USERS, NotificationsAt, Which, subscriber},
        },
    },
    leptos::prelude::{ServerFnErrorErr, use_context},
};

/// Begins a session. A browser is redirected to `next`, if that is a path of this site, or else to the user's own page.
#[server(name = SignIn, prefix = "/api", endpoint = "sign_in")]
pub async fn sign_in(username: String, password: String, #[server(default)] next: Option<String>) -> Result<User, Error> {
    let (app, mut auth) = request_context().await?;
    let user = auth::sign_in(&app, &mut auth, &username, &password).await?;
    leptos_axum::redirect(next.as_deref().filter(|next| redirect::is_redirect_target(next)).unwrap_or(user.home()));
    Ok(user)
}

/// Ends the session and all of its streams.
#[server(name = SignOut, prefix = "/api", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Error> {
    let (app, mut auth) = request_context().await?;
    auth::sign_out(&app, &mut auth).await?;
    leptos_axum::redirect(redirect::SIGN_IN);
    Ok(())
}

/// Gives the user another password, of 8 characters at least. Their other sessions end, and the streams of these.
#[server(name = ChangePassword, prefix = "/api", endpoint = "change_password")]
pub async fn change_password(old: String, new: String) -> Result<User, Error> {
    let (app, mut auth) = request_context().await?;
    auth::change_password(&app, &mut auth, &old, &new).await
}

/// Places an order. Customers only. [`Cart`] says how `items` is written.
#[server(name = PlaceOrder, prefix = "/api", endpoint = "place_order")]
pub async fn place_order(#[server(default)] items: Cart) -> Result<Order, Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    if user.is_staff() {
        return Err(Error::new(Kind::Forbidden, "only customers place orders"));
    }
    let items = items.items()?;
    app.limits.order(&user.username)?;
    Ok(app.store.place_order(&user.username, items).await?)
}

/// Cancels an order that is not shipped yet: a customer's own, or, for staff, anyone's. `version` is the one that was seen: where the order
/// has another by now, it is a conflict.
#[server(name = CancelOrder, prefix = "/api", endpoint = "cancel_order")]
pub async fn cancel_order(order_id: String, #[server(default)] version: Option<String>) -> Result<Order, Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    Ok(app.store.cancel_order(&user, &order_id, seen_version(version)?).await?)
}

/// Staff: advances an order one step and notifies its customer. `version` is as with [`cancel_order`].
#[server(name = AdvanceOrder, prefix = "/api", endpoint = "advance_order")]
pub async fn advance_order(order_id: String, #[server(default)] version: Option<String>) -> Result<Order, Error> {
    let (app, user) = require_staff().await?;
    Ok(app.store.advance_order(&user.username, &order_id, seen_version(version)?).await?)
}

/// Staff: advances each of these orders one step, once however often it is named. One that cannot advance does not stop the others.
/// [`SeenOrder`](crate::model::seen_order::SeenOrder) says how they are written.
#[server(name = AdvanceOrders, prefix = "/api", endpoint = "advance_orders")]
pub async fn advance_orders(#[server(default)] orders: Vec<String>) -> Result<Advanced, Error> {
    let (app, user) = require_staff().await?;
    if orders.is_empty() {
        return Err(Error::invalid("choose at least one order"));
    }
    let orders: Vec<_> = orders.iter().map(|order| SeenOrder::parse(order)).collect::<Result<_, _>>()?;
    Ok(app.store.advance_orders(&user.username, &orders).await?)
}

/// Staff: closes one open stream. Its client resumes.
#[server(name = CutStream, prefix = "/api", endpoint = "cut_stream")]
pub async fn cut_stream(client_id: String) -> Result<(), Error> {
    let (app, _) = require_staff().await?;
    match client_id.parse() {
        Ok(client) if app.presence.close(client).await? => Ok(()),
        _ => Err(Error::new(Kind::NotFound, "this stream is not open any more")),
    }
}

/// Staff, with `--demo`: turns demo traffic on or off, for all instances.
#[server(name = DemoTraffic, prefix = "/api", endpoint = "demo_traffic")]
pub async fn demo_traffic(on: bool) -> Result<(), Error> {
    match &require_staff().await?.0.traffic {
        Some(traffic) => Ok(traffic.turn(on).await?),
        None => Err(Error::new(Kind::NotFound, "the server runs without --demo")),
    }
}

/// Staff: notifies one user, in all of their streams. The same message again with the same `key` is answered with the first notification,
/// and sends nothing.
#[server(name = NotifyUser, prefix = "/api", endpoint = "notify_user")]
pub async fn notify_user(
    username: String,
    title: String,
    message: String,
    #[server(default)] key: Option<String>,
) -> Result<Notification, Error> {
    Ok(require_staff().await?.0.store.notify_user(username.trim(), title.trim(), message.trim(), key.as_deref()).await?)
}

/// Staff: notifies every user. `key` is as with [`notify_user`].
#[server(name = Broadcast, prefix = "/api", endpoint = "broadcast")]
pub async fn broadcast(title: String, message: String, #[server(default)] key: Option<String>) -> Result<Notification, Error> {
    Ok(require_staff().await?.0.store.broadcast(title.trim(), message.trim(), key.as_deref()).await?)
}

/// Marks one of the user's notifications as read, or, with `all=true`, each of them. Answers which are newly read, and how many are left.
#[server(name = MarkRead, prefix = "/api", endpoint = "mark_read")]
pub async fn mark_read(
    #[server(default)] notification_id: Option<String>,
    #[server(default)] all: Option<String>,
) -> Result<Reading, Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    let all = all.is_some_and(|all| !matches!(all.as_str(), "" | "0" | "false"));
    let which = match notification_id.filter(|id| !id.is_empty()) {
        _ if all => Which::All,
        Some(id) if id == "all" => Which::All,
        Some(id) => Which::One(id),
        None => return Err(Error::invalid("say which: notification_id, or all=true")),
    };
    Ok(app.store.mark_read(&user.username, which).await?)
}

/// What the user's page shows, with its position in the log: the first page of the orders, or those behind the position `before`, or just
/// before the position `after`; only those of one `status`, that match the search `q`, or that were placed from the day `from` to the day
/// `to`, where these are given. [`Sort`] has the names for `sort`, and [`Position`](crate::model::filter::Position) says how one is written.
#[server(name = GetSnapshot, prefix = "/api", endpoint = "snapshot", input = GetUrl)]
pub async fn snapshot(
    #[server(default)] before: Option<String>,
    #[server(default)] after: Option<String>,
    #[server(default)] status: Option<String>,
    #[server(default)] q: Option<String>,
    #[server(default)] from: Option<String>,
    #[server(default)] to: Option<String>,
    #[server(default)] sort: Option<String>,
) -> Result<Snapshot, Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    let position = |text: Option<String>| text.as_deref().and_then(Position::parse);
    let filter = Filter {
        status: status.as_deref().and_then(Status::parse),
        search: q.unwrap_or_default().trim().into(),
        from: from.unwrap_or_default(),
        to: to.unwrap_or_default(),
        sort: sort.as_deref().and_then(Sort::parse).unwrap_or_default(),
        before: position(before),
        after: position(after),
        ..Filter::default()
    };
    let _place = app.limits.read(&user.username).await?;
    let console_stats = if user.is_staff() { Some(app.stats.collect().await?) } else { None };
    Ok(Snapshot { console_stats, ..app.store.snapshot(user, filter, app.settings.keep_alive).await? })
}

/// One order with its history, by its number or by its id. A customer reaches only their own.
#[server(name = GetOrder, prefix = "/api", endpoint = "order", input = GetUrl)]
pub async fn order(#[server(default)] number: Option<i64>, #[server(default)] order_id: Option<String>) -> Result<OrderDetails, Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    let _place = app.limits.read(&user.username).await?;
    let number = match (number, order_id) {
        (Some(number), _) => number,
        (None, Some(order_id)) => app.store.order_number(&user, &order_id).await?,
        (None, None) => return Err(Error::invalid("say which: number, or order_id")),
    };
    Ok(app.store.order_details(&user, number).await?)
}

/// The user's notifications, a page at a time: the newest, or those before or after the one of that id.
#[server(name = GetNotifications, prefix = "/api", endpoint = "notifications", input = GetUrl)]
pub async fn notifications(
    #[server(default)] before: Option<String>,
    #[server(default)] after: Option<String>,
) -> Result<NotificationPage, Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    let _place = app.limits.read(&user.username).await?;
    let at = match (before, after) {
        (Some(before), _) => NotificationsAt::Before(before),
        (None, Some(after)) => NotificationsAt::After(after),
        (None, None) => NotificationsAt::Newest,
    };
    Ok(app.store.notification_page(&user.username, at).await?)
}

/// What of the log the user's pages were to be sent past `from`, up to and with `through` (each an event's id): their count and a hash, and
/// with `ids=true` their sequences.
#[server(name = GetAudit, prefix = "/api", endpoint = "audit", input = GetUrl)]
pub async fn audit(from: String, through: String, #[server(default)] ids: Option<bool>) -> Result<Audit, Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    let (from, through) = (position("from", &from)?, position("through", &through)?);
    let _place = app.limits.read(&user.username).await?;
    let found = app.store.audit(&subscriber(&user), &from, &through).await?;
    Ok(Audit::of(found, ids.unwrap_or_default()))
}

/// The demo users, with `--demo`; else none.
#[server(name = DemoPeople, prefix = "/api", endpoint = "demo_people", input = GetUrl)]
pub async fn demo_people() -> Result<Vec<User>, Error> {
    let (app, _) = request_context().await?;
    let users = DEMO_USERS.into_iter().filter(|_| app.settings.is_demo());
    Ok(users.map(|(username, role)| User { username: username.into(), role }).collect())
}

/// Staff: the names of users, in their order, at most [`USERNAMES_MAX`]: what the user field of a message is completed from.
#[server(name = Usernames, prefix = "/api", endpoint = "usernames", input = GetUrl)]
pub async fn usernames() -> Result<Vec<String>, Error> {
    Ok(require_staff().await?.0.store.usernames("", USERNAMES_MAX).await?)
}

/// Remembers in this browser how it wants pages to look, whoever is signed in.
#[server(name = SetPreference, prefix = "/api", endpoint = "set_preference")]
pub async fn set_preference(name: String, value: String) -> Result<(), Error> {
    preferences::remember(&request_context().await?.0, &name, &value)
}

/// What the router provides to every server function: the state, and who asks.
#[cfg(feature = "ssr")]
async fn request_context() -> Result<(AppState, AuthSession), Error> {
    let missing = || Error::new(Kind::Internal, "a server function was called outside of a request");
    let app = use_context::<AppState>().ok_or_else(missing)?;
    let auth = leptos_axum::extract::<AuthSession>().await.map_err(|_: ServerFnErrorErr| missing())?;
    Ok((app, auth))
}

/// A position in the log, of the argument of that name.
#[cfg(feature = "ssr")]
fn position(name: &str, text: &str) -> Result<EventId, Error> {
    text.parse().map_err(|error| Error::new(Kind::Malformed, format!("`{name}` is {error}")).at(name))
}

/// The version that the caller saw, if it says so. Read here, so that a text that is none is refused as a value, not as a form.
#[cfg(feature = "ssr")]
fn seen_version(version: Option<String>) -> Result<Option<i64>, Error> {
    version.map(|text| parse_version(&text).map_err(|error| error.at("version"))).transpose()
}

#[cfg(feature = "ssr")]
async fn require_staff() -> Result<(AppState, User), Error> {
    let (app, auth) = request_context().await?;
    let user = current_user(&auth).await?.user;
    match user.is_staff() {
        true => Ok((app, user)),
        false => Err(Error::new(Kind::Forbidden, "only staff may do this")),
    }
}
