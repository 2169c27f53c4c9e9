//! All notifications that are kept, a page at a time. The newest are an island, as in the bell; pages of older ones are rendered by the server
//! alone, and [`Refreshed`].

use super::{
    derived::derived,
    form::FormCall,
    layout::Layout,
    notification_list::{MarkAllRead, NewestNotifications, NotificationRow},
    refreshed::REFRESHED,
    refreshed_page::Refreshed,
    scripts::Bundle,
};
use crate::{
    browser::{
        effect, json,
        page_state::{self, PageState},
    },
    model::{
        load_error::OnLoadError,
        notification::{NOTIFICATIONS, Notification, NotificationPage},
        snapshot::{NOTIFICATIONS_PER_PAGE, Snapshot},
    },
    server_fns::{self, MarkRead},
};
use leptos::{either::EitherOf3, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};

#[component]
pub fn NotificationsPage() -> impl IntoView {
    view! { <Layout title="Notifications" bundle=Bundle::Order without_orders=true page=content /> }
}

fn content(snapshot: &Snapshot) -> AnyView {
    let query = use_query_map().get_untracked();
    let (before, after) = (query.get("before"), query.get("after"));
    if before.is_none() && after.is_none() {
        return view! { <Newest /> }.into_any();
    }
    let on_error = StoredValue::new(use_context::<OnLoadError>());
    let all_read = snapshot.unread == 0;
    let page = AsyncDerived::new(move || server_fns::notifications(before.clone(), after.clone()));
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) if page.newer => EitherOf3::A(view! { <Older page all_read /> }),
                    Ok(_) => EitherOf3::B(view! { <Redirect path=NOTIFICATIONS /> }),
                    Err(error) => {
                        if let Some(OnLoadError(tell)) = on_error.get_value() {
                            tell(&error);
                        }
                        EitherOf3::C(view! { <p class="form-error">{error.error}</p> })
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The newest notifications. Where they fill the page, there may be older ones.
#[island]
fn Newest() -> impl IntoView {
    let page_state: PageState = expect_context();
    let mark_read = FormCall::new::<MarkRead>();
    effect(move || {
        if let Some(reading) = mark_read.response.with(|response| response.as_deref().and_then(json::read)) {
            page_state.apply_reading(&reading);
        }
    });
    let shown = move || page_state.notifications.shown();
    let older = derived(move || {
        let last = shown().last().map(|row| row.with_untracked(|notification| notification.id.clone()));
        format!("?before={}", last.unwrap_or_default())
    });
    view! {
        <section class="notifications-page" aria-labelledby="notifications-title">
            <div class="title">
                <h1 id="notifications-title">"Notifications"</h1>
                <MarkAllRead mark_read hidden=derived(move || page_state.unread.get() == 0) />
            </div>
            <div class="card live-list" data-list="notifications" tabindex="-1">
                <NewestNotifications page_state mark_read />
            </div>
            <nav class="pager" aria-label="Older and newer notifications">
                <a class="button quiet" href=older hidden=derived(move || shown().len() < NOTIFICATIONS_PER_PAGE)>"Older"</a>
            </nav>
        </section>
    }
}

#[component]
fn Older(page: NotificationPage, all_read: bool) -> impl IntoView {
    let NotificationPage { notifications, newer, older } = page;
    let mark_read = FormCall::new::<MarkRead>();
    let id = |notification: Option<&Notification>| notification.map(|notification| notification.id.clone());
    let (first, last) = (id(notifications.first()), id(notifications.last()));
    let is_empty = notifications.is_empty();
    let newer = first.filter(|_| newer).map(|id| format!("?after={id}"));
    let older = last.filter(|_| older).map(|id| format!("?before={id}"));
    let rows: Vec<_> = notifications
        .into_iter()
        .map(|notification| view! { <NotificationRow row=page_state::Row::new(notification) mark_read /> })
        .collect();
    let part = view! {
        <section class="notifications-page" aria-labelledby="notifications-title">
            <div class="title">
                <h1 id="notifications-title">"Older notifications"</h1>
                <MarkAllRead mark_read hidden=Signal::stored(all_read) />
            </div>
            <div class="card">
                <ul>{rows}</ul>
                <p hidden=!is_empty>"There are no older notifications."</p>
            </div>
            <nav class="pager" aria-label="Older and newer notifications">
                <a class="button quiet" href=NOTIFICATIONS>"Newest"</a>
                <a class="button quiet" href=newer.clone() hidden=newer.is_none()>"Newer"</a>
                <a class="button quiet" href=older.clone() hidden=older.is_none()>"Older"</a>
            </nav>
        </section>
    };
    view! { <Refreshed>{part.attr(REFRESHED, "")}</Refreshed> }
}
