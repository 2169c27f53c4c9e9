//! Toasts: what has just happened, shown for some seconds. At most three at once; they stay while they are hovered or focused.

use super::{
    focus::move_focus_out,
    list::{Row, keyed_rows},
};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;

/// How long a toast stays.
const TOAST_DURATION: Duration = Duration::from_secs(6);

/// How many toasts are shown at once; a new one replaces the oldest.
const TOASTS_MAX: usize = 3;

#[derive(Clone, Debug)]
struct Toast {
    id: u64,
    title: String,
    message: String,
}

/// The toasts of a page. Copies share them.
#[derive(Clone, Copy)]
pub struct Toasts {
    visible: RwSignal<Vec<Toast>>,
    last_id: StoredValue<u64>,
}

impl Toasts {
    pub fn new() -> Self {
        Self { visible: RwSignal::new(Vec::new()), last_id: StoredValue::new(0) }
    }

    /// Shows a toast. In the browser only.
    pub fn show(self, title: String, message: String) {
        let Some(id) = self.last_id.try_update_value(|last| {
            *last += 1;
            *last
        }) else {
            return;
        };
        self.visible.update(|toasts| {
            toasts.push(Toast { id, title, message });
            let surplus = toasts.len().saturating_sub(TOASTS_MAX);
            toasts.drain(..surplus);
        });
        self.expire(id);
    }

    fn expire(self, id: u64) {
        set_timeout(
            move || {
                if is_in_use() {
                    self.expire(id);
                } else {
                    self.dismiss(id);
                }
            },
            TOAST_DURATION,
        );
    }

    fn dismiss(self, id: u64) {
        self.visible.try_update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

/// Whether the pointer or the focus is on a toast.
fn is_in_use() -> bool {
    document().query_selector(".toasts:hover, .toasts :focus").is_ok_and(|found| found.is_some())
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

#[island]
pub fn Toaster() -> impl IntoView {
    let toasts: Toasts = expect_context();
    view! {
        <section class="toasts" aria-label="Recent notifications" aria-live="polite" tabindex="-1">
            {keyed_rows(move || {
                toasts.visible.get().into_iter().map(|toast| Row::new(toast.id, move || view! { <ToastCard toast toasts /> })).collect()
            })}
        </section>
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
                <strong>{toast.title}</strong>
                <p>{toast.message}</p>
            </div>
            <button class="link" aria-label="Dismiss" on:click=dismiss>"×"</button>
        </div>
    }
}
