//! The notification bell: how many notifications are unread, and the latest ones. A `details` element, so that it opens without JavaScript.

use super::{
    form::{Form, FormCall, FormError},
    list::{Row, keyed_rows},
    time::RelativeTime,
};
use crate::{
    browser::{
        effect, json,
        page_state::{self, PageState},
    },
    model::{
        notification::{Notification, NotificationStoreFields, UNREAD_MAX},
        snapshot::SnapshotStoreFields,
    },
    server_fns::MarkRead,
};
use leptos::prelude::*;
use reactive_stores::Field;

/// A count of unread notifications; they are counted to [`UNREAD_MAX`].
fn count(unread: i64) -> String {
    if unread < UNREAD_MAX { unread.to_string() } else { format!("{}+", UNREAD_MAX - 1) }
}

#[island]
pub fn NotificationBell() -> impl IntoView {
    let page_state: PageState = expect_context();
    let mark_read = FormCall::new::<MarkRead>();
    effect(move || {
        if let Some(reading) = mark_read.response.with(|response| response.as_deref().and_then(json::read)) {
            page_state::apply_reading(page_state, &reading);
        }
    });
    let unread = move || page_state.unread().get();
    let listed_unread = move || page_state.notifications().with(|rows| rows.iter().filter(|row| !row.read).count() as i64);
    let older_unread = move || unread() - listed_unread();
    let all_read = Signal::derive(move || unread() == 0);
    view! {
        <details class="notification-bell">
            <summary aria-label=Signal::derive(move || format!("Notifications, {} unread", count(unread())))>
                <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                    <path d="M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6Zm-2.5 15a2.5 2.5 0 0 0 5 0" />
                </svg>
                <span class="unread-count" data-testid="unread-count" hidden=all_read>
                    {Signal::derive(move || count(unread()))}
                </span>
            </summary>
            <div class="popover" tabindex="-1">
                <div class="popover-head">
                    <h2>"Notifications"</h2>
                    <Form call=mark_read hidden=all_read>
                        <input type="hidden" name="all" value="true" />
                        <button class="link">"Mark all as read"</button>
                    </Form>
                </div>
                <FormError call=mark_read />
                <ul>
                    {keyed_rows(move || {
                        page_state
                            .notifications()
                            .into_iter()
                            .map(|row| {
                                Row::new(row.clone().id().get_untracked(), move || view! { <NotificationRow row=row.into() mark_read /> })
                            })
                            .collect()
                    })}
                </ul>
                <p class="empty">"No notifications yet. They appear here as they arrive."</p>
                <p class="secondary" hidden=Signal::derive(move || older_unread() <= 0)>
                    {Signal::derive(move || {
                        let or_more = if unread() < UNREAD_MAX { "" } else { "+" };
                        format!("{}{or_more} more unread, older than these.", older_unread())
                    })}
                </p>
            </div>
        </details>
    }
}

#[component]
fn NotificationRow(row: Field<Notification>, mark_read: FormCall) -> impl IntoView {
    let read = Signal::derive(move || row.read().get());
    let mark_read = mark_read.for_row(&row.id().read_untracked());
    view! {
        <li class="notification" data-testid="notification" data-read=Signal::derive(move || read.get().to_string()) tabindex="-1">
            <div>
                <strong>{row.title().get_untracked()}</strong>
                <p>{row.message().get_untracked()}</p>
                <RelativeTime at=row.timestamp().get_untracked() />
                <FormError call=mark_read />
            </div>
            <Form call=mark_read hidden=read>
                <input type="hidden" name="notification_id" value=row.id().get_untracked() />
                <button class="link">"Mark as read"</button>
            </Form>
        </li>
    }
}
