//! The waits between tries, counted down for all to see.

use super::{
    ConnectionState, RetryReason,
    inner::{Driver, later, now, rest},
    open::open,
};
use crate::browser::tabs::TabMessage;
use leptos::prelude::*;
use std::time::Duration;

/// A wait for the next try, and when it began.
#[derive(Clone, Copy)]
pub struct Wait {
    pub since: Duration,
    pub long: Duration,
    pub why: RetryReason,
}

impl Wait {
    pub fn left(&self) -> Duration {
        self.long.saturating_sub(now().abs_diff(self.since))
    }
}

/// Counts down, then opens; not before `at_least`, which is the server's wish.
pub fn wait(wire: Driver, why: RetryReason, at_least: Duration) {
    if !window().navigator().on_line() {
        return rest(wire, ConnectionState::Offline);
    }
    let long = wire.try_update_value(|inner| inner.backoff.next(at_least, js_sys::Math::random()));
    if let Some(long) = long {
        wait_for(wire, why, long);
    }
}

/// Counts down so long, then opens.
pub fn wait_for(wire: Driver, why: RetryReason, long: Duration) {
    let wait = Wait { since: now(), long, why };
    wire.try_update_value(|inner| {
        inner.rest(ConnectionState::Opening);
        inner.wait = Some(wait);
        inner.share.lead(|| TabMessage::Waiting { left_ms: long.as_millis() as u64, why });
    });
    count_down(wire, wait);
}

/// One step of the count-down. It looks at the clock each time: the timers of a hidden tab are late, and those of a sleeping laptop more so.
fn count_down(wire: Driver, wait: Wait) {
    let left = wait.left();
    if left.is_zero() {
        return open(wire);
    }
    let seconds = left.as_secs_f64().ceil() as u32;
    wire.try_with_value(|inner| inner.state.set(ConnectionState::Waiting { seconds, why: wait.why }));
    let step = left.saturating_sub(Duration::from_secs(u64::from(seconds) - 1));
    later(wire, step, move || count_down(wire, wait));
}
