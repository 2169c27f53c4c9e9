//! Times as users read them: relative to now, exact, and the time of day.
//!
//! The server renders them in UTC, and says so. In the browser they are in the reader's time zone and notation, and relative to the server's
//! clock: the browser's may be wrong.
//!
//! All times of a page are brought up to date together, in the document: a signal for "now" would keep something of each row that ever
//! read it, since an effect that has gone is never removed from the signals that it read.

use super::derived::derived;
use super::live_text::{live_text, set_text};
use crate::browser::effect;
use js_sys::{Array, Date, Function, Intl::DateTimeFormat, Object, Reflect};
use leptos::{leptos_dom::helpers::set_interval, prelude::*};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use wasm_bindgen::JsValue;

/// How often relative times are computed again.
const CLOCK_TICK: Duration = Duration::from_secs(15);

/// Clocks of browser and server that seem to differ by less than so many milliseconds are taken to agree: they are compared when the stream
/// opens, and opening it takes some of that time.
const CLOCKS_AGREE_MS: i64 = 1_000;

/// By how many milliseconds this browser's clock is ahead of the server's. One for the page, since a page has one server; 0 on the server.
static AHEAD_MS: AtomicI64 = AtomicI64::new(0);

/// Keeps the times of the page current, for as long as the island lives; also on a page that was restored or hidden for a while.
pub fn keep_times_current() {
    effect(|| {
        set_interval(refresh, CLOCK_TICK);
        for event in ["pageshow", "visibilitychange"] {
            let listener = window_event_listener_untyped(event, |_| refresh());
            on_cleanup(move || listener.remove());
        }
        refresh();
    });
}

/// Says by how much this browser's clock is ahead of the server's.
pub fn set_clock_difference(ahead_ms: i64) {
    let ahead_ms = clock_difference(ahead_ms);
    if AHEAD_MS.swap(ahead_ms, Ordering::Relaxed) != ahead_ms {
        refresh();
    }
}

/// The difference of two clocks as the page uses it, in milliseconds.
pub fn clock_difference(ahead_ms: i64) -> i64 {
    if ahead_ms.abs() < CLOCKS_AGREE_MS { 0 } else { ahead_ms }
}

/// How long ago `at` was, with the exact time as its tooltip.
#[component]
pub fn RelativeTime(
    /// RFC 3339, in UTC.
    #[prop(into)]
    at: Signal<String>,
) -> impl IntoView {
    view! {
        <time
            datetime=at
            title=derived(move || at.with(|at| exact_time(at)))
            {..live_text(move || at.with(|at| relative_time(at, now_ms())))}
        ></time>
    }
}

/// The reader's time of day, to the millisecond: `14:05:59.045`. `ms` counts from 1970.
pub fn local_time_of_day(ms: i64) -> String {
    let minutes_behind_utc = Date::new(&JsValue::from_f64(ms as f64)).get_timezone_offset();
    time_of_day(ms - minutes_behind_utc as i64 * 60_000)
}

/// Writes the times of the page anew.
pub fn refresh() {
    let Ok(times) = document().query_selector_all("time[datetime]") else { return };
    for index in 0..times.length() {
        let Some(time) = times.item(index) else { continue };
        let time: &web_sys::Element = wasm_bindgen::JsCast::unchecked_ref(&time);
        let at = time.get_attribute("datetime").unwrap_or_default();
        set_text(time, &relative_time(&at, now_ms()));
        let _ = time.set_attribute("title", &exact_time(&at));
    }
}

/// The server's time, in milliseconds since 1970.
fn now_ms() -> f64 {
    if cfg!(feature = "ssr") {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64
    } else {
        Date::now() - AHEAD_MS.load(Ordering::Relaxed) as f64
    }
}

fn exact_time(at: &str) -> String {
    if cfg!(feature = "ssr") { format!("{} UTC", at.get(..19).unwrap_or(at).replace('T', " ")) } else { local_time(at, "long") }
}

/// `just now`, `5 min ago`, `3 h ago`, and the date and time for more than a day ago. A text that is no RFC 3339 time is returned as it is.
fn relative_time(at: &str, now_ms: f64) -> String {
    let ms = if cfg!(feature = "ssr") { utc_ms(at) } else { Some(Date::parse(at)).filter(|ms| ms.is_finite()) };
    let Some(ms) = ms else { return at.to_owned() };
    match ((now_ms - ms) / 1_000.0) as i64 {
        ..45 => "just now".into(),
        seconds @ 45..3_570 => format!("{} min ago", (seconds + 30) / 60),
        seconds @ 3_570..86_400 => format!("{} h ago", (seconds + 1_800) / 3_600),
        _ if cfg!(feature = "ssr") => utc_date(at).unwrap_or_default(),
        _ => local_time(at, "short"),
    }
}

/// Date and time in the reader's zone and notation, as short or long as `time_style` of `Intl.DateTimeFormat` says.
fn local_time(at: &str, time_style: &str) -> String {
    let options = Object::new();
    for (name, value) in [("dateStyle", "medium"), ("timeStyle", time_style)] {
        let _ = Reflect::set(&options, &name.into(), &value.into());
    }
    let format: Function = DateTimeFormat::new(&Array::new(), &options).format();
    let text = format.call1(&JsValue::UNDEFINED, &Date::new(&at.into()));
    text.ok().and_then(|text| text.as_string()).unwrap_or_else(|| at.to_owned())
}

/// `22 Nov, 14:05 UTC`
fn utc_date(at: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let number = |range: std::ops::Range<usize>| at.get(range)?.parse::<usize>().ok();
    Some(format!("{} {}, {} UTC", number(8..10)?, MONTHS.get(number(5..7)?.checked_sub(1)?)?, at.get(11..16)?))
}

/// Milliseconds from 1970 to an RFC 3339 time in UTC, to the second. In the browser, its own parser is smaller.
fn utc_ms(at: &str) -> Option<f64> {
    let number = |range: std::ops::Range<usize>| at.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let minutes = (days_since_1970(year, month, day) * 24 + number(11..13)?) * 60 + number(14..16)?;
    let seconds = minutes * 60 + number(17..19)?;
    (1..=12).contains(&month).then_some(seconds as f64 * 1_000.0)
}

/// Days from 1970-01-01 to that day of the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March here, so that the leap day is the last day of a year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

/// The time of day in UTC, to the millisecond.
fn time_of_day(ms: i64) -> String {
    let (seconds, ms) = (ms / 1000 % 86_400, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
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
        assert_eq!(text(90_000.0), "2 Nov, 14:05 UTC");
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

    #[test]
    fn clocks_that_differ_by_less_than_a_second_are_taken_to_agree() {
        assert_eq!([-999, 999, 1_000, -90_000].map(clock_difference), [0, 0, 1_000, -90_000]);
    }
}
