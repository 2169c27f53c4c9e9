//! Watches what an `EventSource` does not say: the network's coming and going, the page's leaving and coming back, and the time.

use super::input::Input;
use leptos::{
    leptos_dom::helpers::{IntervalHandle, set_interval_with_handle},
    prelude::*,
};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Event, PageTransitionEvent};

/// How often the machine checks for silence. After a laptop's sleep, this is how long it takes to be noticed.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// Dropped, it watches no more.
pub struct PageLifecycle {
    interval: Option<IntervalHandle>,
    listeners: Vec<WindowListenerHandle>,
}

impl PageLifecycle {
    pub fn watch(dispatch: impl Fn(Input) + Copy + 'static) -> Self {
        // One function for all: each type of closure costs WebAssembly.
        let listen = |name: &'static str, input: fn(&Event) -> Option<Input>| {
            window_event_listener_untyped(name, move |event| {
                if let Some(input) = input(&event) {
                    dispatch(input);
                }
            })
        };
        let listeners = vec![
            listen("offline", |_| Some(Input::WentOffline)),
            listen("online", |_| Some(Input::WentOnline)),
            listen("visibilitychange", |_| (!document().hidden()).then_some(Input::Checked)),
            // A page with an open connection or a lock would not be kept for coming back (bfcache).
            listen("pagehide", |_| Some(Input::PageHidden)),
            listen("pageshow", |event| {
                event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted).then_some(Input::PageRestored)
            }),
        ];
        Self { interval: set_interval_with_handle(move || dispatch(Input::Checked), CHECK_EVERY).ok(), listeners }
    }
}

impl Drop for PageLifecycle {
    fn drop(&mut self) {
        if let Some(interval) = self.interval {
            interval.clear();
        }
        self.listeners.drain(..).for_each(WindowListenerHandle::remove);
    }
}
