//! Who asks. Sessions are rows of the database, so they outlive a restart; the cookie bears nothing but their id.

use crate::{
    model::{
        error::{Error, Kind},
        user::User,
    },
    server::{
        AppState,
        store::{Account, SessionRows, Store},
    },
};
use axum::{
    extract::Request,
    http::header::{Entry, SET_COOKIE},
    middleware::Next,
    response::Response,
};
use axum_login::{AuthManagerLayer, AuthManagerLayerBuilder, AuthUser, AuthnBackend};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;
use tower_sessions::{ExpiredDeletion, Expiry, SessionManagerLayer, SessionStore, cookie::SameSite, session::Id};

/// The cookie's name.
const COOKIE: &str = "orderwire";

/// Where the session keeps its [`Ticket`].
const TICKET: &str = "ticket";

pub type AuthSession = axum_login::AuthSession<People>;

/// The sessions' table.
#[derive(Clone, Debug)]
pub struct Sessions(SessionRows);

impl Sessions {
    pub fn new(store: &Store) -> Self {
        Self(store.sessions())
    }

    pub async fn forget_expired(&self) {
        if let Err(error) = self.0.delete_expired().await {
            tracing::warn!(%error, "expired sessions were not deleted");
        }
    }

    /// Whether the session is still there. Asked once a stream has its subscription: a sign-out before that finds no stream to end.
    pub async fn still(&self, id: Option<Id>) -> Result<bool, Error> {
        let Some(id) = id else { return Ok(false) };
        Ok(self.0.load(&id).await.map_err(broken)?.is_some())
    }

    /// The layer that gives every request its [`AuthSession`].
    pub fn layer(&self, store: Store, secure: bool, age: Duration) -> AuthManagerLayer<People, SessionRows> {
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX).max(1);
        let sessions = SessionManagerLayer::new(self.0.clone())
            .with_name(COOKIE)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_secure(secure)
            .with_expiry(Expiry::OnInactivity(time::Duration::seconds(seconds)));
        AuthManagerLayerBuilder::new(People(store), sessions).build()
    }
}

/// What a session knows of itself: a name that is no secret, by which its streams can be ended, and its end in milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ticket {
    handle: String,
    expires: u64,
}

/// A signed-in person, under one session.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub user: User,
    pub session: String,
    pub expires: Instant,
}

/// The person who is signed in.
pub async fn visitor(auth: &AuthSession) -> Result<Visitor, Error> {
    let account = auth.user.as_ref().ok_or_else(Error::signed_out)?;
    let ticket: Ticket = auth.session.get(TICKET).await.map_err(broken)?.ok_or_else(Error::signed_out)?;
    let left = Duration::from_millis(ticket.expires.saturating_sub(now_ms()));
    Ok(Visitor { user: account.user.clone(), session: ticket.handle, expires: Instant::now() + left })
}

/// Begins a session, under a new id. Whoever was signed in in this browser is signed out.
pub async fn sign_in(app: &AppState, auth: &mut AuthSession, username: String, password: String) -> Result<User, Error> {
    let credentials = (username.trim().to_lowercase(), password);
    let account = auth.authenticate(credentials).await.map_err(broken)?;
    let account = account.ok_or_else(|| Error::new(Kind::SignedOut, "this name and password do not go together"))?;
    let before = visitor(auth).await;
    if auth.user.is_some() {
        auth.logout().await.map_err(broken)?;
        auth.session.cycle_id().await.map_err(broken)?;
    }
    auth.login(&account).await.map_err(broken)?;
    let age = u64::try_from(app.settings.session.as_millis()).unwrap_or(u64::MAX);
    let ticket = Ticket { handle: uuid::Uuid::new_v4().to_string(), expires: now_ms().saturating_add(age) };
    auth.session.insert(TICKET, ticket).await.map_err(broken)?;
    if let Ok(before) = before {
        // The other tabs ask again when they hear of it, and are to find the new session.
        auth.session.save().await.map_err(broken)?;
        app.store.session_ended(&before.session).await?;
    }
    Ok(account.user)
}

/// Lets nothing but signing out take the cookie away. The layer of sessions would, wherever a session is not found; the answer to a request
/// that was under way while somebody signed in in the same browser would come late, and take the new cookie.
pub async fn keep_cookie(request: Request, next: Next) -> Response {
    let signs_out = request.uri().path() == "/api/sign_out";
    let mut response = next.run(request).await;
    if !signs_out && let Entry::Occupied(cookies) = response.headers_mut().entry(SET_COOKIE) {
        let taken_away = format!("{COOKIE}=;");
        let (_, cookies) = cookies.remove_entry_mult();
        let kept: Vec<_> = cookies.filter(|cookie| !cookie.as_bytes().starts_with(taken_away.as_bytes())).collect();
        response.headers_mut().extend(kept.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    }
    response
}

/// Ends the session, and its streams. Nobody signed in is no error: the aim is reached.
pub async fn sign_out(app: &AppState, auth: &mut AuthSession) -> Result<(), Error> {
    let visitor = visitor(auth).await;
    // First the session, then the word of its end: a stream that opens in between finds the session gone.
    auth.logout().await.map_err(broken)?;
    if let Ok(visitor) = visitor {
        app.store.session_ended(&visitor.session).await?;
    }
    Ok(())
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The refusal where sessions cannot be read or written.
pub fn broken(error: impl std::fmt::Display) -> Error {
    tracing::error!(%error, "session");
    Error::new(Kind::Unavailable, "sessions cannot be read; try again")
}

/// The store, as axum-login asks it.
#[derive(Clone)]
pub struct People(Store);

impl AuthUser for Account {
    type Id = String;

    fn id(&self) -> String {
        self.user.username.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

impl AuthnBackend for People {
    type User = Account;
    type Credentials = (String, String);
    type Error = Error;

    async fn authenticate(&self, (username, password): Self::Credentials) -> Result<Option<Account>, Error> {
        self.0.authenticate(&username, password).await
    }

    async fn get_user(&self, username: &String) -> Result<Option<Account>, Error> {
        self.0.account(username).await
    }
}
