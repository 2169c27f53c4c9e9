//! The cookies of preferences: set by `set_preference`, read for each page that is rendered.
//!
//! Promises: a cookie holds one of the preference's own values, and a page never shows another; what a browser sends instead is passed over.

use super::cookies;
use crate::{
    model::{
        error::Error,
        preferences::{ALL, Preference, Preferences},
    },
    server::AppState,
};
use axum::http::{HeaderMap, HeaderValue, header::SET_COOKIE, request::Parts};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;

/// How long a browser remembers a choice: a year, in seconds.
const LIFETIME: u64 = 365 * 24 * 3600;

/// Lets the browser remember the choice, by the response to the server function's call.
pub fn remember(app: &AppState, name: &str, value: &str) -> Result<(), Error> {
    let preference = ALL.into_iter().find(|preference| preference.name == name);
    let preference = preference.ok_or_else(|| Error::invalid(format!("there is no preference \"{name}\"")).at("name"))?;
    let values: Vec<_> = preference.values.iter().map(|(value, _)| *value).collect();
    let value = preference.value(value).ok_or_else(|| Error::invalid(format!("{name} is one of {}", values.join(", "))).at("value"))?;
    if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), cookie(preference, value, app.settings.is_secure())) {
        response.append_header(SET_COOKIE, cookie);
    }
    Ok(())
}

/// Provides the rendering with what its request's browser has chosen.
pub fn provide_preferences() {
    if let Some(request) = use_context::<Parts>() {
        provide_context(chosen(&request.headers));
    }
}

/// The default needs no cookie.
fn cookie(preference: &Preference, value: &str, secure: bool) -> Result<HeaderValue, axum::http::Error> {
    let lifetime = if value == preference.default_value() { 0 } else { LIFETIME };
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{}={value}; Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Lax{secure}", preference.name);
    Ok(HeaderValue::from_str(&cookie)?)
}

fn chosen(headers: &HeaderMap) -> Preferences {
    let of = |preference: &'static Preference| {
        let value = cookies::values(headers, preference.name).find_map(|value| preference.value(value))?;
        Some((preference.name, value))
    };
    Preferences(ALL.into_iter().filter_map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::preferences::{SYSTEM, THEME};
    use axum::http::header::COOKIE;

    #[test]
    fn a_page_shows_one_of_the_preferences_values_whatever_the_browser_sends() {
        let theme = |cookie: &str| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())]);
            chosen(&headers).of(&THEME)
        };
        assert_eq!([theme("theme=dark"), theme("a=b; theme=light")], ["dark", "light"]);
        for cookie in ["theme=\"><script>", "theme=", "theme", "themes=dark", "Theme=dark"] {
            assert_eq!(theme(cookie), SYSTEM, "{cookie}");
        }
    }

    #[test]
    fn a_cookie_lasts_a_year_and_the_default_has_none() {
        let cookie = |value, secure| cookie(&THEME, value, secure).unwrap();
        assert_eq!(cookie("dark", false), "theme=dark; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
        assert_eq!(cookie(SYSTEM, true), "theme=system; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    }
}
