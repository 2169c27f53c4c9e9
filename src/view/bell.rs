//! The notification bell: how many are unread, and the latest of them. A `details` element, so that it opens without JavaScript.

use super::parts::{Refusal, Time};
use crate::{
    actions::MarkRead,
    browser::board::{self, Board},
    notification::{Notification, NotificationStoreFields},
    snapshot::SnapshotStoreFields,
};
use leptos::prelude::*;
use reactive_stores::Field;

#[component]
pub fn Bell(board: Board) -> impl IntoView {
    let mark = ServerAction::<MarkRead>::new();
    Effect::new(move |_| {
        if let Some(Ok(reading)) = mark.value().get() {
            board::apply_reading(board, &reading);
        }
    });
    let unread = move || board.unread().get();
    view! {
        <details class="bell">
            <summary aria-label=move || format!("Notifications, {} unread", unread())>
                <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                    <path d="M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6Zm-2.5 15a2.5 2.5 0 0 0 5 0" />
                </svg>
                <span class="count" data-testid="unread" hidden=move || unread() == 0>{unread}</span>
            </summary>
            <div class="sheet">
                <div class="sheet-head">
                    <h2>"Notifications"</h2>
                    <Show when=move || { unread() > 0 }>
                        <ActionForm action=mark>
                            <input type="hidden" name="all" value="true" />
                            <button class="link">"Mark all read"</button>
                        </ActionForm>
                    </Show>
                </div>
                <Refusal action=mark />
                <Show
                    when=move || board.notifications().with(|shown| !shown.is_empty())
                    fallback=|| view! { <p class="empty">"Nothing yet. What happens to your orders is told here."</p> }
                >
                    <ul class="notes">
                        <For each=move || board.notifications() key=|row| row.clone().id().get() let:row>
                            <Note row=row.into() mark />
                        </For>
                    </ul>
                </Show>
            </div>
        </details>
    }
}

#[component]
fn Note(row: Field<Notification>, mark: ServerAction<MarkRead>) -> impl IntoView {
    view! {
        <li class="note" class:unread=move || !row.read().get()>
            <div>
                <strong>{row.title().get_untracked()}</strong>
                <p>{row.message().get_untracked()}</p>
                <Time at=row.timestamp().get_untracked() />
            </div>
            <Show when=move || !row.read().get()>
                <MarkOne row mark />
            </Show>
        </li>
    }
}

#[component]
fn MarkOne(row: Field<Notification>, mark: ServerAction<MarkRead>) -> impl IntoView {
    view! {
        <ActionForm action=mark>
            <input type="hidden" name="notification_id" value=row.id().get_untracked() />
            <button class="link">"Mark read"</button>
        </ActionForm>
    }
}
