//! Watches for what an `EventSource` does not tell: silence, the network's coming and going, the page's leaving and coming back.

use super::{
    ConnectionState, RetryReason,
    inner::{Driver, now, rest},
    open::open,
    share,
    wait::wait,
};
use leptos::{
    leptos_dom::helpers::{IntervalHandle, set_interval_with_handle},
    prelude::*,
};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::PageTransitionEvent;

/// How often is looked whether the line is silent. After a laptop's sleep, this is how long it takes to be noticed.
const EVERY: Duration = Duration::from_secs(2);

/// Dropped, it watches no more.
pub struct Watch {
    interval: Option<IntervalHandle>,
    listeners: Vec<WindowListenerHandle>,
}

impl Watch {
    pub fn over(wire: Driver) -> Self {
        let offline = window_event_listener_untyped("offline", move |_| {
            if !stays_closed(wire) {
                rest(wire, ConnectionState::Offline);
            }
        });
        let online = window_event_listener_untyped("online", move |_| {
            if state(wire) == Some(ConnectionState::Offline) {
                open(wire);
            }
        });
        // The timers of a hidden tab come seldom or not at all.
        let shown = window_event_listener_untyped("visibilitychange", move |_| {
            if !document().hidden() {
                check(wire);
            }
        });
        // A page with an open connection or a lock would not be kept for the way back; one that is kept hears nothing, and should not look
        // live.
        let left = window_event_listener_untyped("pagehide", move |_| {
            if !stays_closed(wire) {
                wire.try_update_value(|inner| {
                    inner.share.leave();
                    inner.rest(ConnectionState::Opening);
                });
            }
        });
        let back = window_event_listener_untyped("pageshow", move |event| {
            let kept = event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted);
            if kept && !stays_closed(wire) {
                open(wire);
            }
        });
        Self { interval: set_interval_with_handle(move || check(wire), EVERY).ok(), listeners: vec![offline, online, shown, left, back] }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(interval) = self.interval {
            interval.clear();
        }
        self.listeners.drain(..).for_each(WindowListenerHandle::remove);
    }
}

fn state(wire: Driver) -> Option<ConnectionState> {
    wire.try_with_value(|inner| inner.state.get_untracked())
}

/// Whether only a person, or nobody, opens it again.
fn stays_closed(wire: Driver) -> bool {
    matches!(state(wire), Some(ConnectionState::SignedOut | ConnectionState::Disconnected))
}

/// A line that was open and has fallen silent is opened again at once; a try that nothing came of is one more for the count. Who follows
/// asks the leader, and leads itself if there is no answer.
pub(super) fn check(wire: Driver) {
    if wire.try_with_value(|inner| inner.share.is_unanswered()) == Some(true) {
        return share::join(wire, true);
    }
    let silent = wire.try_with_value(|inner| {
        let awaited =
            matches!(inner.state.get_untracked(), ConnectionState::Opening | ConnectionState::Live | ConnectionState::CaughtUp(_));
        let opens = inner.connected.is_some() || inner.share.follows();
        (awaited && now().abs_diff(inner.heard) > inner.patience).then_some(opens)
    });
    match silent.flatten() {
        Some(true) => open(wire),
        Some(false) => wait(wire, RetryReason::Broken, Duration::ZERO),
        None => {}
    }
}
