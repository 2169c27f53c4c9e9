//! The notification bell: how many notifications are unread, and the latest ones. A `details` element, so that it opens without JavaScript.

use super::{
    derived::derived,
    form::FormCall,
    in_use::watch_use,
    live_text::live_text,
    notification_list::{MarkAllRead, NewestNotifications},
    unread::{count, show_in_tab},
};
use crate::{
    browser::{effect, json, page_state::PageState},
    model::notification::{NOTIFICATIONS, UNREAD_MAX},
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
    let all_read = derived(move || unread() == 0);
    view! {
        <details class="notification-bell">
            <summary aria-label=derived(move || format!("Notifications, {} unread", count(unread())))>
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
                    <MarkAllRead mark_read hidden=all_read />
                </div>
                <NewestNotifications page_state mark_read />
                <p
                    class="secondary"
                    hidden=derived(move || older_unread() <= 0)
                    {..live_text(move || {
                        let or_more = if unread() < UNREAD_MAX { "" } else { "+" };
                        format!("{}{or_more} more unread, older than these.", older_unread())
                    })}
                ></p>
                <p class="popover-foot">
                    <a href=NOTIFICATIONS>"All notifications"</a>
                </p>
            </div>
        </details>
    }
}
