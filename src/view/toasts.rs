//! Toasts: what has just happened, shown for some seconds. At most three at once; how many more there were is said below, and leads to all notifications. One about an order leads to it. They stay while
//! one of them is hovered or focused, and while nobody sees the page.

use super::{
    derived::derived,
    focus::move_focus_out,
    in_use::watch_use,
    list::{Row, keyed_rows},
    live_text::live_text,
    new_version::NewVersion,
};
use crate::model::notification::NOTIFICATIONS;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;

/// How long a toast stays.
const TOAST_DURATION: Duration = Duration::from_secs(6);

/// How many toasts are shown at once. A new one replaces the oldest, but none that may be in use.
const TOASTS_MAX: usize = 3;

#[derive(Clone, Debug)]
struct Toast {
    id: u64,
    title: String,
    message: String,
    /// Where its title leads.
    link: Option<String>,
}

/// The toasts of a page. Copies share them.
#[derive(Clone, Copy)]
pub struct Toasts {
    visible: RwSignal<Vec<Toast>>,
    /// How many have been replaced, or not shown, while others were shown.
    more: RwSignal<usize>,
    in_use: StoredValue<bool>,
    last_id: StoredValue<u64>,
}

impl Toasts {
    pub fn new() -> Self {
        Self { visible: RwSignal::new(Vec::new()), more: RwSignal::new(0), in_use: StoredValue::new(false), last_id: StoredValue::new(0) }
    }

    /// Shows a toast, whose title leads to `link`. In the browser only.
    pub fn show(self, title: String, message: String, link: Option<String>) {
        let Some(id) = self.last_id.try_update_value(|last| {
            *last += 1;
            *last
        }) else {
            return;
        };
        if self.visible.with_untracked(Vec::len) >= TOASTS_MAX {
            self.more.update(|more| *more += 1);
            if self.in_use.get_value() {
                return;
            }
        }
        self.visible.update(|toasts| {
            toasts.push(Toast { id, title, message, link });
            let surplus = toasts.len().saturating_sub(TOASTS_MAX);
            toasts.drain(..surplus);
        });
        self.expire(id);
    }

    fn expire(self, id: u64) {
        set_timeout(
            move || {
                if self.in_use.get_value() || document().hidden() {
                    self.expire(id);
                } else {
                    self.dismiss(id);
                }
            },
            TOAST_DURATION,
        );
    }

    fn dismiss(self, id: u64) {
        let left = self.visible.try_update(|toasts| {
            toasts.retain(|toast| toast.id != id);
            toasts.len()
        });
        if left == Some(0) {
            self.more.set(0);
        }
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// The toasts, and the news of a newer version.
#[island]
pub fn Toaster() -> impl IntoView {
    let toasts: Toasts = expect_context();
    watch_use(".toasts", move |in_use| toasts.in_use.set_value(in_use));
    let more = move || toasts.more.get();
    view! {
        <section class="toasts" aria-label="Recent notifications" aria-live="polite" tabindex="-1">
            {keyed_rows(move || {
                toasts.visible.get().into_iter().map(|toast| Row::new(toast.id, move || view! { <ToastCard toast toasts /> })).collect()
            })}
            <a
                class="toast"
                href=NOTIFICATIONS
                hidden=derived(move || more() == 0)
                {..live_text(move || format!("{} more", more()))}
            ></a>
        </section>
        <NewVersion />
    }
}

#[component]
fn ToastCard(toast: Toast, toasts: Toasts) -> impl IntoView {
    let dismiss = move |event: web_sys::MouseEvent| {
        if let Some(button) = event.target() {
            move_focus_out(button.unchecked_ref());
        }
        toasts.dismiss(toast.id);
    };
    view! {
        <div class="toast" data-testid="toast">
            <div>
                <strong dir="auto"><a href=toast.link>{toast.title}</a></strong>
                <p dir="auto">{toast.message}</p>
            </div>
            <button class="link" aria-label="Dismiss" on:click=dismiss>"×"</button>
        </div>
    }
}
