//! A form that a browser sends itself, without JavaScript or before the page is hydrated. It is redirected (303) to a page of this site, which
//! shows what became of it: the refusal and what was typed, or what was done.
//!
//! Promises: the address says nothing of the outcome; the redirect leads to a page of this site, whatever the `referer` says; no password is
//! kept. What was typed when the session had ended comes back once the user has signed in.

use super::{
    arguments::Arguments,
    flash::{self, Browser},
    notice::{self, notice},
    origin,
    sessions::AuthSession,
};
use crate::{
    model::{
        error::{Error, Kind},
        flash::Flash,
        redirect,
        user::{Role, User},
    },
    server::AppState,
};
use axum::{
    body::{Body, Bytes},
    http::{
        HeaderValue, Method, StatusCode, Uri,
        header::{ACCEPT, LOCATION, REFERER, SET_COOKIE},
        request::Parts,
        response,
    },
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// The longest address of a page that a form is redirected to, in bytes; of a longer one, the path is left.
const PAGE_MAX: usize = 1_024;

/// What a refused form keeps at most, in bytes: a message of any length that is taken fits.
const TYPED_MAX: usize = 16 * 1_024;

/// The fields that a refused form keeps: what a person has typed or chosen, and the key of a message. A password is none of them.
const KEPT: [&str; 4] = ["username", "title", "message", "key"];

/// The beginnings of further such fields.
const KEPT_LISTS: [&str; 2] = ["items[", "orders["];

/// The fields that say which row a form is about.
const ROW_IDS: [&str; 3] = ["order_id", "notification_id", "client_id"];

/// The query of a form that is not to be sent, but to be kept for after the sign-in (`view/form.rs`).
const KEEP: &str = "keep";

/// The paths of all pages. A segment in braces (`/orders/{order}`) stands for any one.
#[derive(Clone)]
pub struct Pages(pub Arc<[String]>);

impl Pages {
    fn have(&self, path: &str) -> bool {
        let matches = |page: &String| {
            page.split('/').count() == path.split('/').count()
                && page.split('/').zip(path.split('/')).all(|(of_page, of_path)| of_page == of_path || of_page.starts_with('{'))
        };
        self.0.iter().any(matches)
    }
}

/// What a server function answered.
pub struct Outcome {
    pub parts: response::Parts,
    pub json: Bytes,
    /// Where it leads whoever called it with a form.
    pub redirect: Option<String>,
}

impl Outcome {
    pub fn into_json(self) -> Response {
        Response::from_parts(self.parts, Body::from(self.json))
    }
}

/// A browser's form: where it is, and who sends it.
pub struct FormPost {
    /// The path of the server function.
    function: String,
    /// The page that the form is on, as path and query.
    page: Option<String>,
    /// Whether that page is another role's, and the user's own has no such form.
    is_others: bool,
    /// Who is signed in.
    user: Option<User>,
    browser: Browser,
    only_keeps: bool,
}

impl FormPost {
    /// Whether the request is one: a POST that accepts HTML.
    pub fn of(parts: &Parts, auth: &AuthSession, app: &AppState, pages: &Pages) -> Option<Self> {
        let accepts_html =
            parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
        if parts.method != Method::POST || !accepts_html {
            return None;
        }
        let user = auth.user.as_ref().map(|account| account.user.clone());
        let page = page_of(parts, app, pages);
        let is_others = user.as_ref().zip(page.as_ref()).is_some_and(|(user, page)| is_others(page, user));
        Some(Self {
            function: parts.uri.path().to_owned(),
            page: page.filter(|_| !is_others),
            is_others,
            user,
            browser: Browser::of(&parts.headers, app.settings.is_secure()),
            only_keeps: parts.uri.query() == Some(KEEP),
        })
    }

    /// Whether the form is not sent, but kept: the page has learned that its session has ended.
    pub fn only_keeps(&self) -> bool {
        self.only_keeps
    }

    /// Redirects to the page that shows the outcome. Where that cannot be kept for it, a refusal is answered as it is.
    pub async fn answer(self, app: &AppState, arguments: &Arguments, outcome: Result<Outcome, Error>) -> Response {
        let page = self.page.clone().unwrap_or_else(|| self.default_page(arguments));
        match outcome {
            Ok(outcome) => self.succeeded(app, arguments, outcome, page).await,
            Err(error) => self.refused(app, arguments, error, page).await,
        }
    }

    async fn succeeded(mut self, app: &AppState, arguments: &Arguments, outcome: Outcome, page: String) -> Response {
        // An address that fills in the basket again (`/?again=1042`) has done so: what was in it is ordered.
        let page = page.split_once("?again=").map_or(page.clone(), |(path, _)| path.to_owned());
        let target = outcome.redirect.unwrap_or(page);
        let signs_out = self.function == "/api/sign_out";
        if signs_out {
            self.user = None;
            self.browser.forget(app).await;
        }
        let mut is_kept = false;
        if let Some(notice) = notice(&self.function, arguments, &outcome.json) {
            let link = notice::link(&self.function, &outcome.json);
            let flash = Flash { function: self.function.clone(), notice: Some(notice), link, ..Flash::default() };
            // Without it the page shows the change alone.
            is_kept = self.keep(app, &target, &flash).await.is_ok();
        }
        let mut response = see_other(&target);
        // What the function has set; the session's cookie is set by its layer.
        response
            .headers_mut()
            .extend(outcome.parts.headers.into_iter().filter(|(name, _)| name.as_ref().is_some_and(|name| name == SET_COOKIE)));
        // A sign-out sets it in any case: Chromium shows a page of its back/forward cache again, though it is `no-store`, unless a cookie that
        // scripts cannot read was set since; and it does not count one change where the page was reached by signing in.
        if is_kept || signs_out {
            self.browser.remember(&mut response);
        }
        response
    }

    async fn refused(self, app: &AppState, arguments: &Arguments, error: Error, page: String) -> Response {
        if self.only_keeps && self.user.is_some() {
            // Another user has signed in in this browser, and is not shown what the one before has typed.
            return see_other(&redirect::sign_in_url(&page));
        }
        let row = arguments.fields().find(|(field, _)| ROW_IDS.contains(&field.as_str())).map(|(_, id)| id.to_owned());
        let typed = typed(arguments, error.kind);
        let function = self.function.clone();
        let (target, kept) = if error.kind == Kind::SignedOut && function != "/api/sign_in" {
            let again = Error::new(Kind::SignedOut, "you were signed out before this was sent; send it again");
            let signed_out = Error::new(Kind::SignedOut, "you are signed out; what you have typed comes back once you have signed in");
            let kept = self.keep(app, &page, &Flash { function, row, error: Some(again), typed, ..Flash::default() }).await;
            let flash = Flash { function: "/api/sign_in".into(), error: Some(signed_out), ..Flash::default() };
            let kept = match kept {
                Ok(()) => self.keep(app, redirect::SIGN_IN, &flash).await,
                failed => failed,
            };
            (redirect::sign_in_url(&page), kept)
        } else {
            let flash = match self.is_others {
                true => Flash { function, notice: Some(error.error.clone()), ..Flash::default() },
                false => Flash { function, row, error: Some(error.clone()), typed, ..Flash::default() },
            };
            let kept = self.keep(app, &page, &flash).await;
            (page, kept)
        };
        if kept.is_err() {
            return error.into_response();
        }
        let mut response = see_other(&target);
        self.browser.remember(&mut response);
        response
    }

    /// Keeps the flash for the next rendering of that page.
    async fn keep(&self, app: &AppState, page: &str, flash: &Flash) -> Result<(), Error> {
        let path = page.split(['?', '#']).next().unwrap_or_default();
        let username = self.user.as_ref().map_or("", |user| user.username.as_str());
        flash::keep(app, &self.browser, path, username, flash).await
    }

    /// Where the browser does not say which page the form is on, or it is none of the user's.
    fn default_page(&self, arguments: &Arguments) -> String {
        match &self.user {
            Some(user) => user.home().to_owned(),
            None => match arguments.get("next").filter(|next| redirect::is_redirect_target(next)) {
                Some(next) => redirect::sign_in_url(next),
                None => redirect::SIGN_IN.to_owned(),
            },
        }
    }
}

/// The page of the `referer`, if it is one of this site.
fn page_of(parts: &Parts, app: &AppState, pages: &Pages) -> Option<String> {
    let referer: Uri = parts.headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    let origin = format!("{}://{}", referer.scheme_str()?, referer.authority()?).parse().ok()?;
    if !origin::is_this_site(&origin, &parts.headers, &parts.uri, app.settings.public_url.as_ref()) {
        return None;
    }
    let path = referer.path();
    if !pages.have(path) {
        return None;
    }
    let whole = referer.path_and_query().map_or(path, |whole| whole.as_str());
    Some(if whole.len() > PAGE_MAX || !redirect::is_path(whole) { path } else { whole }.to_owned())
}

/// Whether the page is another role's. It may be open in a tab since before the user has signed in; the user is not shown it now, and so not
/// what became of a form there.
fn is_others(page: &str, user: &User) -> bool {
    let path = page.split(['?', '#']).next().unwrap_or_default();
    [Role::Customer, Role::Staff].iter().any(|role| *role != user.role && role.home() == path)
}

/// What was typed, up to [`TYPED_MAX`] bytes. A key is not used again where another message was sent with it.
fn typed(arguments: &Arguments, kind: Kind) -> Vec<(String, String)> {
    let is_kept = |field: &str| KEPT.contains(&field) || KEPT_LISTS.iter().any(|list| field.starts_with(list));
    let mut room = TYPED_MAX;
    let mut take = |field: &str, value: &str| {
        let size = field.len() + value.len();
        let fits = size <= room;
        room -= if fits { size } else { 0 };
        fits
    };
    arguments
        .fields()
        .filter(|(field, _)| is_kept(field) && !(field == "key" && kind == Kind::Conflict))
        .filter(|(field, value)| take(field, value))
        .map(|(field, value)| (field, value.to_owned()))
        .collect()
}

/// "See other": the browser asks for that page with GET (RFC 9110, section 15.4.4).
fn see_other(target: &str) -> Response {
    let location = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_a_page_of_any_order_and_to_no_other_path() {
        let pages = Pages(Arc::from(["/".to_owned(), "/console".to_owned(), "/orders/{order}".to_owned()]));
        for path in ["/", "/console", "/orders/1042"] {
            assert!(pages.have(path), "{path}");
        }
        for path in ["/orders", "/orders/1042/x", "/elsewhere", "", "/console/"] {
            assert!(!pages.have(path), "{path}");
        }
    }

    #[test]
    fn what_was_typed_is_kept_up_to_a_bound_and_never_a_password() {
        let read = |function: &str, form: &str| Arguments::of_form(function, form.as_bytes()).unwrap();
        let names = |typed: Vec<(String, String)>| typed.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let sign_in = read("sign_in", "username=ada&password=secret&next=/");
        assert_eq!(typed(&sign_in, Kind::SignedOut), [("username".to_owned(), "ada".to_owned())]);
        let items = read("place_order", "items[mug]=2&items[tea]=100");
        assert_eq!(names(typed(&items, Kind::Invalid)), ["items[mug]", "items[tea]"]);
        let message = read("broadcast", &format!("title=t&message={}&key=k", "m".repeat(TYPED_MAX)));
        assert_eq!(names(typed(&message, Kind::TooLarge)), ["title", "key"]);
        assert_eq!(names(typed(&message, Kind::Conflict)), ["title"], "another message was sent with the key");
    }
}
