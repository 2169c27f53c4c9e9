//! Sessions: rows of the database, so they survive a restart; the cookie carries nothing but their id.

use super::session_use::{InUse, SessionUse};
use crate::{
    model::error::{Error, Kind},
    server::store::{Account, Kept, SessionRows, Store, StoreError},
};
use axum::{
    body::HttpBody,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{Entry, SET_COOKIE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_login::{AuthManagerLayer, AuthManagerLayerBuilder, AuthUser, AuthnBackend};
use std::{sync::Arc, time::Duration};
use tower_sessions::{ExpiredDeletion, Expiry, SessionManagerLayer, SessionStore, cookie::SameSite, session::Id};

/// The cookie's name.
const COOKIE: &str = "orderwire";

/// Its name over TLS. No other host, and nothing without TLS, can set a cookie with this prefix (RFC 6265bis, section 4.1.3.2).
const SECURE_COOKIE: &str = "__Host-orderwire";

/// The request's session, and the account that is signed in with it.
pub type AuthSession = axum_login::AuthSession<AuthBackend>;

/// The table of sessions, and which of them are used. Clones share them.
#[derive(Clone, Debug)]
pub struct Sessions {
    rows: SessionRows,
    used: SessionUse,
    idle: Option<Duration>,
}

impl Sessions {
    /// `idle`: how long a session lasts without use; `None` for as long as it lasts at all.
    pub fn new(store: &Store, idle: Option<Duration>) -> Self {
        Self { rows: store.sessions(idle), used: SessionUse::default(), idle }
    }

    /// The session of that handle is used until this is dropped.
    pub fn keep_in_use(&self, handle: &Arc<str>) -> InUse {
        self.used.keep(handle)
    }

    /// Writes down which sessions were used, for as long as the program runs: once an interval, however many requests there were.
    pub async fn record_use(self, store: Store) {
        self.used.record(self.rows, store, self.idle).await;
    }

    pub async fn delete_expired(&self) {
        if let Err(error) = self.rows.delete_expired().await {
            tracing::warn!(%error, "expired sessions were not deleted");
        }
    }

    /// Keeps a session's row, whoever deletes it, until its end can be announced in the same transaction.
    pub fn keep(&self, id: Id) -> Kept {
        self.rows.keep(id)
    }

    /// Deletes a session's row.
    pub async fn delete(&self, id: Id) -> Result<(), Error> {
        self.rows.delete(&id).await.map_err(unavailable)
    }

    /// The layer that gives every request its [`AuthSession`]. `secure`: the cookie travels over TLS only.
    pub fn layer(&self, store: Store, secure: bool, age: Duration) -> AuthManagerLayer<AuthBackend, SessionRows> {
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX).max(1);
        let sessions = SessionManagerLayer::new(self.rows.clone())
            .with_name(if secure { SECURE_COOKIE } else { COOKIE })
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_secure(secure)
            .with_expiry(Expiry::OnInactivity(time::Duration::seconds(seconds)));
        AuthManagerLayerBuilder::new(AuthBackend { store, used: self.used.clone() }, sessions).build()
    }
}

/// The error where sessions cannot be read or written. The store has logged why.
pub fn unavailable(_: impl std::fmt::Display) -> Error {
    Error::new(Kind::Unavailable, "sessions cannot be read; try again")
}

/// Makes a 503 of the empty 500 that the session layers answer with where they cannot read a session: the database is away, and comes back.
pub async fn explain_unavailable(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match response.status() {
        StatusCode::INTERNAL_SERVER_ERROR if response.body().size_hint().exact() == Some(0) => unavailable("no answer").into_response(),
        _ => response,
    }
}

/// The headers that delete the cookies, with what they were set with: a browser takes no `__Host-` cookie that is not `Secure`, not even to
/// delete it.
const DELETIONS: [(&str, HeaderValue); 2] = [
    (COOKIE, HeaderValue::from_static("orderwire=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")),
    (SECURE_COOKIE, HeaderValue::from_static("__Host-orderwire=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure")),
];

/// Lets only a sign-out delete the cookie. The session layer would delete it wherever a session is not found: the late answer to a request
/// that was under way while somebody signed in again in the same browser would take the new cookie away.
pub async fn keep_cookie(request: Request, next: Next) -> Response {
    let signs_out = request.uri().path() == "/api/sign_out";
    let mut response = next.run(request).await;
    if let Entry::Occupied(cookies) = response.headers_mut().entry(SET_COOKIE) {
        let deletion = |cookie: &HeaderValue| {
            let deletes = |name: &str| cookie.to_str().is_ok_and(|text| text.starts_with(&format!("{name}=;")));
            DELETIONS.into_iter().find_map(|(name, deletion)| deletes(name).then_some(deletion))
        };
        let (_, cookies) = cookies.remove_entry_mult();
        let kept = cookies.filter_map(|cookie| match deletion(&cookie) {
            Some(deletion) => signs_out.then_some(deletion),
            None => Some(cookie),
        });
        let kept: Vec<_> = kept.collect();
        response.headers_mut().extend(kept.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    }
    response
}

/// The store as axum-login's backend.
#[derive(Clone)]
pub struct AuthBackend {
    store: Store,
    used: SessionUse,
}

impl AuthBackend {
    /// Notes that a request uses the session of that handle.
    pub fn note_use(&self, handle: &str) {
        self.used.note(handle);
    }
}

impl AuthUser for Account {
    type Id = String;

    fn id(&self) -> String {
        self.user.username.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

impl AuthnBackend for AuthBackend {
    type User = Account;
    /// Signing in goes by [`super::auth`], under its limits.
    type Credentials = std::convert::Infallible;
    type Error = StoreError;

    async fn authenticate(&self, credentials: Self::Credentials) -> Result<Option<Account>, StoreError> {
        match credentials {}
    }

    async fn get_user(&self, username: &String) -> Result<Option<Account>, StoreError> {
        self.store.account(username).await
    }
}
