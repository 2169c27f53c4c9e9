//! Authentication: who asks, signing in and out, and changing a password.

use super::sessions::{AuthSession, unavailable};
use crate::{
    model::{
        error::{Error, Kind},
        user::User,
    },
    server::{
        AppState,
        clock::{epoch_ms, millis},
        net::ClientAddress,
        store::{Account, SESSION_DATA, SessionData},
    },
};
use axum::Extension;
use leptos::prelude::ServerFnErrorErr;
use metrics::counter;
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};
use tokio::time::Instant;

/// How many characters of a name that was typed are logged.
const LOGGED_NAME_MAX: usize = 64;

/// The user who is signed in, and the session.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub user: User,
    /// The session's handle.
    pub session: String,
    /// The session's absolute end.
    pub expires: Instant,
}

/// The user who is signed in; `SignedOut` (401) if nobody is. It is a use of their session.
pub async fn current_user(auth: &AuthSession) -> Result<CurrentUser, Error> {
    let account = auth.user.as_ref().ok_or_else(Error::signed_out)?;
    let data: SessionData = auth.session.get(SESSION_DATA).await.map_err(unavailable)?.ok_or_else(Error::signed_out)?;
    auth.backend.note_use(&data.handle);
    let left = u64::try_from(data.expires.saturating_sub(epoch_ms())).unwrap_or(0);
    let expires = Instant::now() + Duration::from_millis(left);
    Ok(CurrentUser { user: account.user.clone(), session: data.handle, expires })
}

/// Begins a session, under a new id. If another user was signed in in this browser, that session ends.
pub async fn sign_in(app: &AppState, auth: &mut AuthSession, username: &str, password: &str) -> Result<User, Error> {
    let username = username.trim().to_lowercase();
    let account = check_password(app, &username, password).await?;
    let account = account.ok_or_else(|| Error::new(Kind::SignedOut, "wrong user name or password"))?;
    let (before, old) = (current_user(auth).await, auth.session.id());
    let kept = old.map(|old| app.sessions.keep(old));
    if auth.user.is_some() {
        auth.logout().await.map_err(unavailable)?;
        auth.session.cycle_id().await.map_err(unavailable)?;
    }
    auth.login(&account).await.map_err(unavailable)?;
    let expires = epoch_ms().saturating_add(millis(app.settings.session));
    let data = SessionData { handle: uuid::Uuid::new_v4().to_string(), expires };
    auth.session.insert(SESSION_DATA, data).await.map_err(unavailable)?;
    if let (Ok(before), Some(old)) = (before, old) {
        // Saved before the streams end: the other tabs then ask again, and must find the new session. The old one's row was kept until now.
        auth.session.save().await.map_err(unavailable)?;
        app.store.end_session(old, &before.session).await?;
    }
    drop(kept);
    Ok(account.user)
}

/// Gives the user who is signed in another password. Their other sessions end; this one goes on, under a new id. A wrong old password is
/// `Invalid` (422), and counts as a failed sign-in.
pub async fn change_password(app: &AppState, auth: &mut AuthSession, old: &str, new: &str) -> Result<User, Error> {
    let current = current_user(auth).await?;
    let account = check_password(app, &current.user.username, old).await?;
    let account = account.ok_or_else(|| Error::invalid("this is not your password").at("old"))?;
    let account = app.store.change_password(account, new, &current.session).await.map_err(|error| {
        let error = Error::from(error);
        if error.kind == Kind::Invalid { error.at("new") } else { error }
    })?;
    // The row of the old id is there until that of the new one is: the session's stream, which is found by its handle, goes on.
    let id = auth.session.id();
    let kept = id.map(|id| app.sessions.keep(id));
    auth.session.cycle_id().await.map_err(unavailable)?;
    auth.login(&account).await.map_err(unavailable)?;
    auth.session.save().await.map_err(unavailable)?;
    drop(kept);
    if let Some(id) = id {
        app.sessions.delete(id).await?;
    }
    Ok(account.user)
}

/// Ends the session and its streams. No error where nobody is signed in.
pub async fn sign_out(app: &AppState, auth: &mut AuthSession) -> Result<(), Error> {
    if let (Ok(current), Some(id)) = (current_user(auth).await, auth.session.id()) {
        app.store.end_session(id, &current.session).await?;
    }
    auth.logout().await.map_err(unavailable)?;
    Ok(())
}

/// The account of that name and password, within the limits of sign-ins. Each refusal is logged, with the name and the address.
async fn check_password(app: &AppState, username: &str, password: &str) -> Result<Option<Account>, Error> {
    let client = client_address().await;
    let refused = |reason: &'static str, why: &dyn std::fmt::Display| {
        counter!("orderwire_sign_ins_refused_total", "reason" => reason).increment(1);
        let name: String = username.chars().take(LOGGED_NAME_MAX).collect();
        tracing::info!(?name, address = %client.0, "sign-in refused: {why}");
    };
    let attempt = app.limits.sign_ins.begin(username, client).await.inspect_err(|error| {
        refused(if error.kind == Kind::TooMany { "failures" } else { "busy" }, error);
    })?;
    let account = app.store.authenticate(username, password).await.inspect_err(|error| refused("busy", error))?;
    if account.is_none() {
        attempt.fail();
        refused("wrong", &"wrong name or password");
    }
    Ok(account)
}

/// The address that the request comes from. Requests that came over no socket of the listener's share one.
async fn client_address() -> ClientAddress {
    let address: Result<Extension<ClientAddress>, ServerFnErrorErr> = leptos_axum::extract().await;
    address.map_or(ClientAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), |Extension(address)| address)
}
