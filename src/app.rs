//! The document shell and the routes: which view each path shows.

use crate::{
    model::preferences::{Preferences, SYSTEM, THEME},
    view::{
        account::AccountPage, console::Console, dashboard::Dashboard, not_found::NotFound, notifications_page::NotificationsPage,
        order_page::OrderPage, sign_in::SignInPage, wire_page::WirePage,
    },
};
use leptos::{html::meta, prelude::*};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// The colours that a browser gives its own bars: the header's, `--card` in `style/theme.css`.
const LIGHT: &str = "#ffffff";
const DARK: &str = "#181c25";

/// The HTML document around every page. Rendered on the server only.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    // A page asks for its stylesheet itself, and one with islands for the hydration scripts; the others load none.
    provide_context(options.clone());
    let theme = use_context::<Preferences>().unwrap_or_default().of(&THEME);
    let chosen = (theme != SYSTEM).then_some(theme);
    let theme_color = |scheme: &'static str, color: &'static str| {
        let media = chosen.is_none().then(|| format!("(prefers-color-scheme: {scheme})"));
        chosen.is_none_or(|chosen| chosen == scheme).then(|| meta().name("theme-color").content(color).attr("media", media))
    };
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=chosen>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=chosen.unwrap_or("light dark") />
                {theme_color("light", LIGHT)}
                {theme_color("dark", DARK)}
                <meta name="description" content="Live orders over server-sent events" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icons/apple-touch.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <AutoReload options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The routes. Each page is rendered whole before it is sent (`SsrMode::Async`), so that it works without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Orderwire".into() } else { format!("{title} · Orderwire") } />
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Dashboard ssr=SsrMode::Async />
                <Route path=path!("/console") view=Console ssr=SsrMode::Async />
                <Route path=path!("/orders/:order") view=OrderPage ssr=SsrMode::Async />
                <Route path=path!("/notifications") view=NotificationsPage ssr=SsrMode::Async />
                <Route path=path!("/wire") view=WirePage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
