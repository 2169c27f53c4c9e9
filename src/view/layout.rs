//! The layout of a signed-in user's page: it fetches the snapshot, and puts the header, the page's content and the toasts around it.
//!
//! The layout is rendered on the server and does not change after that. What changes are islands inside of [`Live`].

use super::{
    alerts::AlertsScript,
    header::{Header, PlainHeader},
    hydrated::Hydrated,
    live::{Live, SNAPSHOT_ID, snapshot_json},
    scripts::{Bundle, Scripts, Stylesheet},
    toasts::Toaster,
    unread,
};
use crate::{
    model::{
        error::{Error, Kind},
        event::RenderingBuild,
        filter::BEHIND_ALL,
        flash::Flash,
        load_error::OnLoadError,
        redirect,
        snapshot::Snapshot,
        user::Role,
    },
    server_fns,
};
use leptos::{either::EitherOf3, nonce::use_nonce, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_query_map},
    location::Location,
};

/// A page for users of `role`, or of any role. A user of another role is redirected to their own page, and one who is not signed in to
/// the sign-in page.
#[component]
pub fn Layout(
    title: &'static str,
    bundle: Bundle,
    #[prop(optional)] role: Option<Role>,
    /// The page lists no orders, and so needs none in its snapshot.
    #[prop(optional)]
    without_orders: bool,
    page: fn(&Snapshot) -> AnyView,
) -> impl IntoView {
    let query = use_query_map().get_untracked();
    let path = StoredValue::new(use_location().pathname.get_untracked());
    // A form sends the fields that were left empty, too: the address has none of them.
    let has_empty =
        !without_orders && ["status", "q", "from", "to"].iter().any(|name| query.get(name).is_some_and(|value| value.is_empty()));
    let asks_after = !without_orders && query.get("after").is_some();
    let sign_in = StoredValue::new(use_sign_in_url());
    let on_error = StoredValue::new(use_context::<OnLoadError>());
    // Not a `Resource`: that would be in the page a second time, for the browser to hydrate from.
    let snapshot = AsyncDerived::new(move || {
        let none = without_orders.then(|| BEHIND_ALL.to_owned());
        let given = |name| query.get(name).filter(|_| !without_orders);
        let [after, status, q, from, to, sort] = ["after", "status", "q", "from", "to", "sort"].map(given);
        server_fns::snapshot(none.or_else(|| given("before")), after, status, q, from, to, sort)
    });
    view! {
        <Stylesheet bundle />
        <Suspense>
            {move || Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) if has_empty || asks_after && snapshot.filter.after.is_none() => {
                        let page = format!("{}{}", path.get_value(), snapshot.filter.query());
                        EitherOf3::B(view! { <Redirect path=page /> })
                    }
                    Ok(snapshot) if role.is_none_or(|role| snapshot.user.role == role) => {
                        EitherOf3::A(view! { <Page title bundle snapshot page /> })
                    }
                    Ok(snapshot) => EitherOf3::B(view! { <Redirect path=snapshot.user.home() /> }),
                    Err(error) if error.kind == Kind::SignedOut => EitherOf3::B(view! { <Redirect path=sign_in.get_value() /> }),
                    Err(error) => {
                        if let Some(OnLoadError(tell)) = on_error.get_value() {
                            tell(&error);
                        }
                        EitherOf3::C(view! { <LoadError title error /> })
                    }
                }
            })}
        </Suspense>
    }
}

/// The sign-in page, which leads back to this page.
fn use_sign_in_url() -> String {
    let Location { pathname, search, .. } = use_location();
    let (path, query) = (pathname.get_untracked(), search.get_untracked());
    redirect::sign_in_url(&if query.is_empty() { path } else { format!("{path}?{query}") })
}

#[component]
fn Page(title: &'static str, bundle: Bundle, snapshot: Snapshot, page: fn(&Snapshot) -> AnyView) -> impl IntoView {
    let json = snapshot_json(&snapshot);
    let build = use_context().map(|RenderingBuild(build)| build);
    let flash = use_context::<Flash>().map(|flash| flash.on(&snapshot)).unwrap_or_default();
    provide_context(flash.clone());
    provide_context(snapshot.clone());
    view! {
        <Title text=unread::title(title, snapshot.unread) />
        <Scripts bundle />
        <script type="application/json" id=SNAPSHOT_ID data-build=build inner_html=json></script>
        <a class="skip-link" href="#content">"Skip to content"</a>
        <Live>
            <Header title user=snapshot.user.clone() />
            <main id="content">
                {flash.notice.map(|notice| view! { <Notice notice link=flash.link /> })}
                {page(&snapshot)}
            </main>
            <Toaster />
        </Live>
        <Hydrated />
        <AlertsScript />
        // Last: it takes all that comes after the server's markup for foreign.
        <script src="/foreign-nodes.js" nonce=use_nonce()></script>
    }
}

/// What a form has done.
#[component]
fn Notice(notice: String, link: Option<String>) -> impl IntoView {
    view! { <p class="notice" role="status">{notice} {link.map(|link| view! { " " <a href=link>"View it"</a> })}</p> }
}

/// The page could not be loaded: why, and a link that tries again.
#[component]
fn LoadError(title: &'static str, error: Error) -> impl IntoView {
    view! {
        <Title text=title />
        <PlainHeader />
        <main class="message-page">
            <h1>"This page could not be loaded"</h1>
            <p class="secondary">{error.error} "."</p>
            <p>
                <a class="button primary" href="">"Try again"</a>
            </p>
        </main>
    }
}
