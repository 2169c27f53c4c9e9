//! The notification bell: how many are unread, and the latest of them. A `details` element, so that it opens without JavaScript.

use super::{
    form::{Call, Form, Refusal},
    parts::{Row, Time, rows},
};
use crate::{
    browser::{
        effect, json,
        page_state::{self, PageState},
    },
    model::{
        notification::{Notification, NotificationStoreFields},
        snapshot::SnapshotStoreFields,
    },
    server_fns::MarkRead,
};
use leptos::prelude::*;
use reactive_stores::Field;

#[island]
pub fn NotificationBell() -> impl IntoView {
    let page_state: PageState = expect_context();
    let mark = Call::new::<MarkRead>();
    effect(move || {
        if let Some(reading) = mark.answer.with(|answer| answer.as_deref().and_then(json::read)) {
            page_state::apply_reading(page_state, &reading);
        }
    });
    let unread = move || page_state.unread().get();
    let all_read = Signal::derive(move || unread() == 0);
    view! {
        <details class="bell">
            <summary aria-label=Signal::derive(move || format!("Notifications, {} unread", unread()))>
                <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                    <path d="M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6Zm-2.5 15a2.5 2.5 0 0 0 5 0" />
                </svg>
                <span class="count" data-testid="unread" hidden=all_read>{Signal::derive(move || unread().to_string())}</span>
            </summary>
            <div class="sheet" tabindex="-1">
                <div class="sheet-head">
                    <h2>"Notifications"</h2>
                    <Form call=mark hidden=all_read>
                        <input type="hidden" name="all" value="true" />
                        <button class="link">"Mark all read"</button>
                    </Form>
                </div>
                <Refusal call=mark />
                <ul class="notes">
                    {rows(move || {
                        page_state
                            .notifications()
                            .into_iter()
                            .map(|row| Row::new(row.clone().id().get_untracked(), move || view! { <Note row=row.into() mark /> }))
                            .collect()
                    })}
                </ul>
                <p class="empty">"Nothing yet. What happens to your orders is told here."</p>
            </div>
        </details>
    }
}

#[component]
fn Note(row: Field<Notification>, mark: Call) -> impl IntoView {
    let read = Signal::derive(move || row.read().get());
    view! {
        <li class="note" data-read=Signal::derive(move || read.get().to_string()) tabindex="-1">
            <div>
                <strong>{row.title().get_untracked()}</strong>
                <p>{row.message().get_untracked()}</p>
                <Time at=row.timestamp().get_untracked() />
            </div>
            <Form call=mark hidden=read>
                <input type="hidden" name="notification_id" value=row.id().get_untracked() />
                <button class="link">"Mark read"</button>
            </Form>
        </li>
    }
}
