//! The flash cookie: leads a browser to what became of its last form, signed in or not.
//!
//! Promises: the cookie holds an id and nothing else; a page that was asked for with the cookie shows the flash once; who floods the server
//! with refused forms does not fill the database ([`FLASHES_A_SECOND`]).

use super::{cookies, sessions::AuthSession};
use crate::{
    model::{
        error::{Error, Kind},
        flash::Flash,
        redirect,
    },
    server::{
        AppState,
        store::{FLASH_LIFETIME, TakenFlash},
    },
};
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method,
        header::{ACCEPT, SET_COOKIE},
    },
    middleware::Next,
    response::Response,
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::{num::NonZeroU32, sync::LazyLock};
use uuid::Uuid;

/// The cookie's name.
const NAME: &str = "orderwire-flash";

/// Its name over TLS (RFC 6265bis, section 4.1.3.2).
const SECURE_NAME: &str = "__Host-orderwire-flash";

/// Flashes that an instance keeps a second for one user, and for all who are not signed in together: at 20 KiB each and ten minutes of life,
/// some 60 MB at most.
const FLASHES_A_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// So many may come at once.
const FLASHES_AT_ONCE: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// A browser, by its flash cookie.
pub struct Browser {
    id: Uuid,
    secure: bool,
}

impl Browser {
    /// By the request's cookie, or a new one.
    pub fn of(headers: &HeaderMap, secure: bool) -> Self {
        Self { id: id_in(headers, secure).unwrap_or_else(Uuid::new_v4), secure }
    }

    /// Sets the cookie.
    pub fn remember(&self, response: &mut Response) {
        self.set_cookie(response, &self.id.simple().to_string(), FLASH_LIFETIME.as_secs());
    }

    /// Deletes all that the cookie leads to; the browser gets another one.
    pub async fn forget(&mut self, app: &AppState) {
        // The store has logged what failed; nothing leads to it any more in any case.
        let _ = app.store.forget_flashes(self.id).await;
        self.id = Uuid::new_v4();
    }

    fn set_cookie(&self, response: &mut Response, value: &str, seconds: u64) {
        let (name, secure) = if self.secure { (SECURE_NAME, "; Secure") } else { (NAME, "") };
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

/// Keeps a flash for the next rendering of `page` (a path) by that browser. `username` is empty where nobody is signed in.
pub async fn keep(app: &AppState, browser: &Browser, page: &str, username: &str, flash: &Flash) -> Result<(), Error> {
    static KEPT: LazyLock<DefaultKeyedRateLimiter<String>> =
        LazyLock::new(|| RateLimiter::keyed(Quota::per_second(FLASHES_A_SECOND).allow_burst(FLASHES_AT_ONCE)));
    if KEPT.check_key(&username.to_owned()).is_err() {
        return Err(Error::new(Kind::TooMany, "too many forms at once; try again"));
    }
    Ok(app.store.keep_flash(browser.id, page, username, flash).await?)
}

/// Gives a page that is rendered its flash, as an extension of the request.
pub async fn provide_flash(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let secure = app.settings.is_secure();
    // A page that is open fetches itself anew as JSON's client does: what it is given then, nobody is shown.
    let is_shown = request.method() == Method::GET && request.headers().get(ACCEPT).is_none_or(|accept| accept != "application/json");
    let id = id_in(request.headers(), secure).filter(|_| is_shown);
    let Some(id) = id else { return next.run(request).await };
    let account = request.extensions().get::<AuthSession>().and_then(|auth| auth.user.as_ref());
    let username = account.map(|account| account.user.username.clone()).unwrap_or_default();
    let path = request.uri().path();
    // What was typed waits until somebody has signed in: their page is not shown before.
    if username.is_empty() && path != redirect::SIGN_IN {
        return next.run(request).await;
    }
    // Where the database does not answer, the page says so itself.
    let TakenFlash { flash, more } = app.store.take_flash(id, path, &username).await.unwrap_or(TakenFlash { flash: None, more: true });
    if let Some(flash) = flash {
        request.extensions_mut().insert(flash);
    }
    let mut response = next.run(request).await;
    if !more {
        Browser { id, secure }.set_cookie(&mut response, "", 0);
    }
    response
}

/// The id that the request's cookie holds. One that is none of ours is none.
fn id_in(headers: &HeaderMap, secure: bool) -> Option<Uuid> {
    let name = if secure { SECURE_NAME } else { NAME };
    cookies::values(headers, name).find_map(|value| Uuid::try_parse(value).ok())
}
