//! Times as users read them: relative to now, exact, and the time of day.

use crate::browser::effect;
use leptos::{leptos_dom::helpers::set_interval, prelude::*};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often relative times are computed again.
const CLOCK_TICK: Duration = Duration::from_secs(15);

/// The current time, in milliseconds since 1970; it moves once a [`CLOCK_TICK`]. Copies share it.
#[derive(Clone, Copy)]
pub struct Clock(RwSignal<f64>);

impl Clock {
    pub fn new() -> Self {
        let clock = Self(RwSignal::new(now_ms()));
        effect(move || set_interval(move || clock.0.set(now_ms()), CLOCK_TICK));
        clock
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn now_ms() -> f64 {
    if cfg!(feature = "ssr") {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64
    } else {
        js_sys::Date::now()
    }
}

/// How long ago `at` was, with the exact time as its tooltip. It takes the page's [`Clock`] from the context.
#[component]
pub fn RelativeTime(
    /// RFC 3339, in UTC.
    #[prop(into)]
    at: Signal<String>,
) -> impl IntoView {
    let clock = use_context::<Clock>().unwrap_or_default();
    view! {
        <time datetime=at title=Signal::derive(move || at.with(|at| exact_time(at)))>
            {Signal::derive(move || at.with(|at| relative_time(at, clock.0.get())))}
        </time>
    }
}

/// The time of day in UTC, to the millisecond: `14:05:59.045`. `ms` counts from 1970.
pub fn time_of_day(ms: i64) -> String {
    let (seconds, ms) = (ms / 1000 % 86_400, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn exact_time(at: &str) -> String {
    format!("{} UTC", at.get(..19).unwrap_or(at).replace('T', " "))
}

/// `just now`, `5 min ago`, `3 h ago`, and `22 Nov, 14:05` for more than a day ago. A text that is no RFC 3339 time is returned as it is.
fn relative_time(at: &str, now_ms: f64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let format = || {
        let number = |range: std::ops::Range<usize>| at.get(range)?.parse::<i64>().ok();
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let minutes = (days_since_1970(year, month, day) * 24 + number(11..13)?) * 60 + number(14..16)?;
        let seconds_ago = (now_ms / 1000.0) as i64 - minutes * 60 - number(17..19)?;
        let month_name = MONTHS.get(usize::try_from(month - 1).ok()?)?;
        Some(match seconds_ago {
            ..45 => "just now".into(),
            45..3570 => format!("{} min ago", (seconds_ago + 30) / 60),
            3570..86_400 => format!("{} h ago", (seconds_ago + 1800) / 3600),
            _ => format!("{day} {month_name}, {}", at.get(11..16)?),
        })
    };
    format().unwrap_or_else(|| at.to_owned())
}

/// Days from 1970-01-01 to that day of the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March here, so that the leap day is the last day of a year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_for_a_day_and_then_a_date() {
        // 2026-11-02T14:05:59Z
        let then = 1_793_628_359_000.0;
        let text = |seconds: f64| relative_time("2026-11-02T14:05:59.123Z", then + seconds * 1000.0);
        assert_eq!(text(-3.0), "just now");
        assert_eq!(text(50.0), "1 min ago");
        assert_eq!(text(3_000.0), "50 min ago");
        assert_eq!(text(7_000.0), "2 h ago");
        assert_eq!(text(90_000.0), "2 Nov, 14:05");
        for unreadable in ["2026-13-02T14:05:59.123Z", "soon", ""] {
            assert_eq!(relative_time(unreadable, then), unreadable);
        }
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 2, 29), 11_016);
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
        assert_eq!(days_since_1970(2026, 11, 23), 20_780);
    }

    #[test]
    fn the_time_of_day_has_milliseconds() {
        assert_eq!(time_of_day(0), "00:00:00.000");
        assert_eq!(time_of_day(1_793_628_359_045), "14:05:59.045");
    }
}
