//! The frame around a signed-in person's page: fetches the snapshot, opens the line at its position, and holds what every page has:
//! the line's state, the notification bell, who is signed in, toasts.
//!
//! The frame is rendered on the server and stays as it is; what lives in it are islands, which find the page_state and the line in the
//! context of [`Live`], the island around them all.

use super::{
    badge::Badge,
    notification_bell::NotificationBell,
    parts::{Clock, Hydrated},
    toasts::{Toaster, Toasts},
    wire_page::ReceivedEvents,
};
use crate::{
    browser::{
        connection::{Connection, ConnectionNotice, ConnectionState},
        effect, json,
        page_state::PageState,
    },
    model::{
        error::{Error, Kind},
        event::Event,
        redirect,
        snapshot::{Snapshot, SnapshotStoreFields},
        user::Role,
    },
    server_fns::{self, SignOut},
};
use leptos::{either::EitherOf3, prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_query_map},
    location::Location,
};
use reactive_stores::Store;

/// A page for people of one role, or of any; others are sent to theirs, and who is not signed in to the sign-in page.
#[component]
pub fn Layout(title: &'static str, #[prop(optional)] role: Option<Role>, page: fn(&Snapshot) -> AnyView) -> impl IntoView {
    let query = use_query_map().get_untracked();
    let sign_in = StoredValue::new(use_sign_in());
    let snapshot = Resource::new(
        || (),
        move |()| server_fns::snapshot(query.get("before").and_then(|before| before.parse().ok()), query.get("status"), query.get("q")),
    );
    view! {
        <Title text=title />
        <Suspense>
            {move || Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) if role.is_none_or(|role| snapshot.user.role == role) => {
                        EitherOf3::A(view! { <Page title snapshot page /> })
                    }
                    Ok(snapshot) => EitherOf3::B(view! { <Redirect path=snapshot.user.home() /> }),
                    Err(error) if error.kind == Kind::SignedOut => EitherOf3::B(view! { <Redirect path=sign_in.get_value() /> }),
                    Err(error) => EitherOf3::C(view! { <Trouble error /> }),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(title: &'static str, snapshot: Snapshot, page: fn(&Snapshot) -> AnyView) -> impl IntoView {
    let user = snapshot.user.clone();
    let written = written(&snapshot);
    provide_context(snapshot.clone());
    let link = move |path, text| view! { <a href=path aria-current=(text == title).then_some("page")>{text}</a> };
    view! {
        <HydrationScripts options=expect_context() islands=true />
        <script type="application/json" id=WRITTEN inner_html=written></script>
        <a class="skip" href="#content">"Skip to the content"</a>
        <Live>
            <header class="bar">
                <a class="brand" href=user.home() aria-label="Orderwire">
                    <img src="/favicon.svg" alt="" width="28" height="28" />
                    <span>"Orderwire"</span>
                </a>
                <nav class="places" aria-label="Pages">
                    {if user.is_staff() { link("/console", "Console") } else { link("/", "Your orders") }} {link("/wire", "The wire")}
                </nav>
                <Badge />
                <div class="bar-end">
                    <NotificationBell />
                    <span class="who" data-testid="who">{user.username.clone()}</span>
                    <form method="post" action=SignOut::PATH>
                        <button class="quiet">"Sign out"</button>
                    </form>
                </div>
            </header>
            <main id="content">{page(&snapshot)}</main>
            <Toaster />
        </Live>
        <Hydrated />
    }
}

/// Where a page has the snapshot that it was rendered from.
const WRITTEN: &str = "snapshot";

/// The snapshot as JSON, in which nothing looks like markup.
fn written(snapshot: &Snapshot) -> String {
    serde_json::to_string(snapshot).unwrap_or_default().replace('<', "\\u003c")
}

/// In the browser: gives the islands the snapshot that their page was rendered from.
pub fn take_over() {
    let written = document().get_element_by_id(WRITTEN).and_then(|element| element.text_content());
    if let Some(snapshot) = written.and_then(|written| json::read::<Snapshot>(&written)) {
        provide_context(snapshot);
    }
}

/// What lives on a page: its page_state, and the line that carries the page_state on. Islands inside find both in its context.
#[island]
fn Live(children: Children) -> impl IntoView {
    let page_state: PageState = Store::new(expect_context());
    let (toasts, received) = (Toasts::new(), ReceivedEvents::default());
    let line = Connection::new(page_state, move |news| match news {
        ConnectionNotice::Event(Event::Notification(notification)) => toasts.show(notification.title, notification.message),
        ConnectionNotice::Event(_) => {}
        ConnectionNotice::Received(frame) => received.note(frame),
        ConnectionNotice::Resynced => toasts.show("Brought up to date".into(), "So much was missed that the page was loaded anew.".into()),
    });
    // A form that the browser sends itself leads elsewhere already: signing out by hand leaves no place to come back to.
    let leaving = StoredValue::new(false);
    effect(move || {
        let listener = window_event_listener_untyped("submit", move |event| leaving.set_value(!event.default_prevented()));
        on_cleanup(move || listener.remove());
    });
    effect(move || {
        if line.state.get() == ConnectionState::SignedOut && !leaving.get_value() {
            let here = window().location();
            let place = format!("{}{}", here.pathname().unwrap_or_default(), here.search().unwrap_or_default());
            let _ = here.replace(&redirect::sign_in_url(&place));
        }
    });
    provide_context(page_state);
    provide_context(toasts);
    provide_context(line);
    provide_context(received);
    provide_context(Clock::new());
    children()
}

/// The way to the sign-in page, which leads back to this one.
fn use_sign_in() -> String {
    let Location { pathname, search, .. } = use_location();
    let (path, query) = (pathname.get_untracked(), search.get_untracked());
    redirect::sign_in_url(&if query.is_empty() { path } else { format!("{path}?{query}") })
}

/// The page could not be loaded, and what to do.
#[component]
fn Trouble(error: Error) -> impl IntoView {
    view! {
        <main class="trouble">
            <h1>"This page could not be loaded"</h1>
            <p>{error.error}</p>
            <p>
                <a class="button" href="">"Try again"</a>
            </p>
        </main>
    }
}

/// Leads to older orders, and back to the newest.
#[component]
pub fn Pager(page_state: PageState) -> impl IntoView {
    let before = move |before: Option<i64>| {
        let mut filter = page_state.filter().get();
        filter.before = before;
        filter.query()
    };
    let oldest = move || page_state.orders().with(|orders| orders.last().map(|order| order.number));
    view! {
        <nav class="pager" aria-label="Older and newer orders">
            <a class="button quiet" href=before(None) hidden=page_state.filter().with_untracked(|filter| filter.before.is_none())>
                "Newest"
            </a>
            <a
                class="button quiet"
                href=Signal::derive(move || before(oldest()))
                hidden=Signal::derive(move || !page_state.older().get())
            >
                "Older"
            </a>
        </nav>
    }
}
