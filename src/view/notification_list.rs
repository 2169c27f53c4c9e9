//! A list of notifications: the bell's, and that of the page of all notifications.

use super::{
    form::{Form, FormCall, FormError},
    list::{Row, keyed_rows, leaving, waiting_rows},
    time::RelativeTime,
};
use crate::{
    browser::page_state::{self, PageState},
    model::{notification::Notification, order::order_path_of_id},
    view::derived::derived,
};
use leptos::prelude::*;

/// The newest notifications, live. What is new waits while a pointer or the focus is in any list of them: they are marked by
/// `data-list="notifications"`, and the bell watches all.
#[component]
pub fn NewestNotifications(page_state: PageState, mark_read: FormCall) -> impl IntoView {
    let notifications = page_state.notifications;
    view! {
        <FormError call=mark_read />
        {waiting_rows(
            notifications.waiting,
            Box::new(move || notifications.show_waiting()),
            Box::new(|| ("new notification", "new notifications")),
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
    }
}

/// Marks all notifications as read; hidden when they are.
#[component]
pub fn MarkAllRead(mark_read: FormCall, hidden: Signal<bool>) -> impl IntoView {
    view! {
        <Form call=mark_read hidden>
            <input type="hidden" name="all" value="true" />
            <button class="link">"Mark all as read"</button>
        </Form>
    }
}

/// A notification. One about an order leads to it.
#[component]
pub fn NotificationRow(row: page_state::Row<Notification>, mark_read: FormCall) -> impl IntoView {
    let notification = row.signal();
    let Notification { id, title, message, timestamp, order_id, .. } = notification.get_untracked();
    let read = derived(move || notification.with(|notification| notification.read));
    let mark_read = mark_read.for_row(&id);
    view! {
        <li class="notification" data-testid="notification" data-read=derived(move || read.get().to_string()) data-leaving=leaving(row.leaving()) tabindex="-1">
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
