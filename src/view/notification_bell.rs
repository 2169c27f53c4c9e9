//! The notification bell: how many notifications are unread, and the latest ones. A `details` element, so that it opens without JavaScript.

use super::{
    form::{Form, FormCall, FormError},
    in_use::watch_use,
    list::{Row, keyed_rows, leaving, waiting_rows},
    live_text::live_text,
    time::RelativeTime,
    unread::{count, show_in_tab},
};
use crate::{
    browser::{
        effect, json,
        page_state::{self, PageState},
    },
    model::{
        notification::{Notification, UNREAD_MAX},
        order::order_path_of_id,
    },
    server_fns::MarkRead,
};
use leptos::prelude::*;

#[island]
pub fn NotificationBell() -> impl IntoView {
    let page_state: PageState = expect_context();
    let mark_read = FormCall::new::<MarkRead>();
    effect(move || {
        if let Some(reading) = mark_read.response.with(|response| response.as_deref().and_then(json::read)) {
            page_state.apply_reading(&reading);
        }
    });
    show_in_tab(page_state.unread);
    let unread = move || page_state.unread.get();
    let listed_unread =
        move || page_state.notifications.shown().iter().filter(|row| row.with(|notification| !notification.read)).count() as i64;
    let notifications = page_state.notifications;
    watch_use("[data-list=notifications]", move |in_use| notifications.set_in_use(in_use));
    // What waits has only just come, and is not read.
    let older_unread = move || unread() - listed_unread() - notifications.waiting.get() as i64;
    let all_read = Signal::derive(move || unread() == 0);
    view! {
        <details class="notification-bell">
            <summary aria-label=Signal::derive(move || format!("Notifications, {} unread", count(unread())))>
                <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                    <path d="M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6Zm-2.5 15a2.5 2.5 0 0 0 5 0" />
                </svg>
                <span
                    class="unread-count"
                    hidden=all_read
                    data-testid="unread-count"
                    {..live_text(move || count(unread()))}
                ></span>
            </summary>
            <div class="popover live-list" data-list="notifications" tabindex="-1">
                <div class="popover-head">
                    <h2>"Notifications"</h2>
                    <Form call=mark_read hidden=all_read>
                        <input type="hidden" name="all" value="true" />
                        <button class="link">"Mark all as read"</button>
                    </Form>
                </div>
                <FormError call=mark_read />
                {waiting_rows(
                    notifications.waiting, Box::new(move || notifications.show_waiting()),
                    "new notification",
                    "new notifications",
                )}
                <ul>
                    {keyed_rows(move || {
                        notifications
                            .shown()
                            .into_iter()
                            .map(|row| {
                                let key = row.with_untracked(|notification| notification.id.clone());
                                Row::new(key, move || view! { <NotificationRow row mark_read /> })
                            })
                            .collect()
                    })}
                </ul>
                <p class="empty">"No notifications yet. They appear here as they arrive."</p>
                <p
                    class="secondary"
                    hidden=Signal::derive(move || older_unread() <= 0)
                    {..live_text(move || {
                        let or_more = if unread() < UNREAD_MAX { "" } else { "+" };
                        format!("{}{or_more} more unread, older than these.", older_unread())
                    })}
                ></p>
            </div>
        </details>
    }
}

#[component]
fn NotificationRow(row: page_state::Row<Notification>, mark_read: FormCall) -> impl IntoView {
    let notification = row.signal();
    let Notification { id, title, message, timestamp, order_id, .. } = notification.get_untracked();
    let read = Signal::derive(move || notification.with(|notification| notification.read));
    let mark_read = mark_read.for_row(&id);
    view! {
        <li class="notification" data-testid="notification" data-read=Signal::derive(move || read.get().to_string()) data-leaving=leaving(row.leaving()) tabindex="-1">
            <div>
                <strong dir="auto"><a href=order_id.map(|id| order_path_of_id(&id))>{title}</a></strong>
                <p dir="auto">{message}</p>
                <RelativeTime at=timestamp />
                <FormError call=mark_read />
            </div>
            <Form call=mark_read hidden=read>
                <input type="hidden" name="notification_id" value=id />
                <button class="link">"Mark as read"</button>
            </Form>
        </li>
    }
}
