//! Which events concern the part of the page that the server alone renders (`view/refreshed.rs`), where the page has one.

use crate::model::event::Event;
use leptos::prelude::*;

/// What has happened to that part. Copies share it.
#[derive(Clone, Copy)]
pub struct Changes {
    about: StoredValue<Option<String>>,
    /// How many events concerned it.
    count: RwSignal<u32>,
}

impl Changes {
    pub fn new() -> Self {
        Self { about: StoredValue::new(None), count: RwSignal::new(0) }
    }

    /// Takes note of an event that is new to the page.
    pub fn see(self, event: &Event) {
        let concerns = |about: &String| match event {
            Event::OrderUpdated(order) => *about == order.order_id,
            Event::Notification(notification) => about.is_empty() || notification.order_id.as_ref() == Some(about),
            Event::NotificationRead(_) => true,
        };
        if self.about.with_value(|about| about.as_ref().is_some_and(concerns)) {
            self.see_all();
        }
    }

    /// Says what the part is about: an order's id, or nothing for the user's notifications; `None` where the page has no such part.
    pub fn watch(self, about: Option<String>) {
        self.about.set_value(about);
        self.count.update_untracked(|count| *count = 0);
    }

    /// Whether anything has happened; it is tracked.
    pub fn any(self) -> bool {
        self.count.get() > 0
    }

    /// Any event may have been missed.
    pub fn see_all(self) {
        self.count.update(|count| *count += 1);
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}
