//! Authentication: who asks, signing in and signing out.

use super::sessions::{AuthSession, unavailable};
use crate::{
    model::{
        error::{Error, Kind},
        user::User,
    },
    server::{
        AppState,
        clock::{epoch_ms, millis},
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// The session's key of its [`SessionData`]. Rows of earlier versions have it: it must not change.
const SESSION_DATA: &str = "ticket";

/// What a session keeps: a handle that is no secret, by which its streams can be ended, and its end in milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SessionData {
    handle: String,
    expires: i64,
}

/// The user who is signed in, and the session.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub user: User,
    /// The session's handle.
    pub session: String,
    pub expires: Instant,
}

/// The user who is signed in; `SignedOut` (401) if nobody is.
pub async fn current_user(auth: &AuthSession) -> Result<CurrentUser, Error> {
    let account = auth.user.as_ref().ok_or_else(Error::signed_out)?;
    let data: SessionData = auth.session.get(SESSION_DATA).await.map_err(unavailable)?.ok_or_else(Error::signed_out)?;
    let left = u64::try_from(data.expires.saturating_sub(epoch_ms())).unwrap_or(0);
    let expires = Instant::now() + Duration::from_millis(left);
    Ok(CurrentUser { user: account.user.clone(), session: data.handle, expires })
}

/// Begins a session, under a new id. If another user was signed in in this browser, that session ends.
pub async fn sign_in(app: &AppState, auth: &mut AuthSession, username: String, password: String) -> Result<User, Error> {
    let credentials = (username.trim().to_lowercase(), password);
    let account = auth.authenticate(credentials).await.map_err(unavailable)?;
    let account = account.ok_or_else(|| Error::new(Kind::SignedOut, "this name and password do not go together"))?;
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

/// Ends the session and its streams. No error where nobody is signed in.
pub async fn sign_out(app: &AppState, auth: &mut AuthSession) -> Result<(), Error> {
    if let (Ok(current), Some(id)) = (current_user(auth).await, auth.session.id()) {
        app.store.end_session(id, &current.session).await?;
    }
    auth.logout().await.map_err(unavailable)?;
    Ok(())
}
