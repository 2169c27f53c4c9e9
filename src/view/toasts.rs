//! Toasts: what has just happened, shown for a while. At most three at once; they wait while the mouse rests on them.

use super::parts::{Row, rows};
use leptos::prelude::*;
use std::time::Duration;

/// How long a toast stays.
const STAY: Duration = Duration::from_secs(6);

/// How many are shown at once; an older one makes way.
const SHOWN: usize = 3;

#[derive(Clone, Debug)]
struct Toast {
    id: u64,
    title: String,
    message: String,
}

/// The toasts of a page. Copies share them.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u64>,
    held: RwSignal<bool>,
}

impl Toasts {
    pub fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), last: StoredValue::new(0), held: RwSignal::new(false) }
    }

    /// Shows a toast. In the browser only.
    pub fn show(self, title: String, message: String) {
        let Some(id) = self.last.try_update_value(|last| {
            *last += 1;
            *last
        }) else {
            return;
        };
        self.shown.update(|shown| {
            shown.push(Toast { id, title, message });
            let surplus = shown.len().saturating_sub(SHOWN);
            shown.drain(..surplus);
        });
        self.expire(id);
    }

    fn expire(self, id: u64) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.expire(id),
                Some(false) => self.dismiss(id),
                None => {}
            },
            STAY,
        );
    }

    fn dismiss(self, id: u64) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }
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
        <section
            class="toasts"
            aria-label="Messages"
            aria-live="polite"
            on:mouseenter=move |_| toasts.held.set(true)
            on:mouseleave=move |_| toasts.held.set(false)
        >
            {rows(move || toasts.shown.get().into_iter().map(|toast| Row::new(toast.id, move || view! { <Shown toast toasts /> })).collect())}
        </section>
    }
}

#[component]
fn Shown(toast: Toast, toasts: Toasts) -> impl IntoView {
    view! {
        <div class="toast" data-testid="toast">
            <div>
                <strong>{toast.title}</strong>
                <p>{toast.message}</p>
            </div>
            <button class="link" aria-label="Dismiss" on:click=move |_| toasts.dismiss(toast.id)>"×"</button>
        </div>
    }
}
