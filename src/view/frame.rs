//! The frame around a signed-in person's page: fetches the snapshot, opens the line at its position, and holds what every page has:
//! the line's state, the notification bell, who is signed in, toasts.

use super::{
    badge::Badge,
    bell::Bell,
    parts::Hydrated,
    toasts::{Toaster, Toasts},
};
use crate::{
    actions::{self, SignOut},
    browser::line::News,
    browser::{
        board::Board,
        line::{Line, LineState},
    },
    error::{Error, Kind},
    event::Event,
    snapshot::{Snapshot, SnapshotStoreFields},
    user::Role,
};
use leptos::{either::EitherOf3, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    components::Redirect,
    hooks::{use_navigate, use_query_map},
};
use reactive_stores::Store;

/// A page for people of one role; others are sent to theirs, and who is not signed in to the sign-in page.
#[component]
pub fn Frame(title: &'static str, role: Role, page: fn(Board) -> AnyView) -> impl IntoView {
    let query = use_query_map();
    let before = Memo::new(move |_| query.read().get("before").and_then(|before| before.parse().ok()));
    let snapshot = Resource::new(move || before.get(), actions::snapshot);
    view! {
        <Title text=title />
        <Transition fallback=|| view! { <p class="loading" role="status">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) if snapshot.user.role == role => EitherOf3::A(view! { <Live snapshot page /> }),
                    Ok(snapshot) => EitherOf3::B(view! { <Redirect path=snapshot.user.home() /> }),
                    Err(error) if error.kind == Kind::SignedOut => EitherOf3::B(view! { <Redirect path="/sign-in" /> }),
                    Err(error) => EitherOf3::C(view! { <Trouble error /> }),
                }
            })}
        </Transition>
    }
}

#[component]
fn Live(snapshot: Snapshot, page: fn(Board) -> AnyView) -> impl IntoView {
    let user = snapshot.user.clone();
    let board: Board = Store::new(snapshot);
    let toasts = Toasts::new();
    provide_context(toasts);
    let line = Line::new(board, move |news| match news {
        News::Event(Event::Notification(notification)) => toasts.show(notification.title, notification.message),
        News::Event(_) => {}
        News::Resynced => toasts.show("Brought up to date".into(), "So much was missed that the page was loaded anew.".into()),
    });
    let navigate = use_navigate();
    Effect::new(move |_| {
        if line.state.get() == LineState::SignedOut {
            navigate("/sign-in", NavigateOptions { replace: true, ..Default::default() });
        }
    });
    let sign_out = ServerAction::<SignOut>::new();
    view! {
        <header class="bar">
            <a class="brand" href=user.home() aria-label="Orderwire">
                <img src="/favicon.svg" alt="" width="28" height="28" />
                <span>"Orderwire"</span>
            </a>
            <Badge line />
            <div class="bar-end">
                <Bell board />
                <span class="who" data-testid="who">{user.username.clone()}</span>
                <ActionForm action=sign_out>
                    <button class="quiet">"Sign out"</button>
                </ActionForm>
            </div>
        </header>
        <main>{page(board)}</main>
        <Toaster toasts />
        <Hydrated />
    }
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
pub fn Pager(board: Board) -> impl IntoView {
    let oldest = move || board.orders().with(|orders| orders.last().map(|order| order.number));
    let here = move || format!("?before={}", oldest().unwrap_or_default());
    view! {
        <nav class="pager" aria-label="Older and newer orders">
            <Show when=move || board.before().get().is_some()>
                <a class="button quiet" href="?">"Newest"</a>
            </Show>
            <Show when=move || board.older().get()>
                <a class="button quiet" href=here>"Older"</a>
            </Show>
        </nav>
    }
}
