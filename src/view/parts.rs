//! Small parts that several views share.

use crate::browser::effect;
use leptos::{leptos_dom::helpers::set_interval, prelude::*};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often times that are shown relative to now are looked at again.
const TICK: Duration = Duration::from_secs(15);

/// Now, in milliseconds since 1970, as often as a page looks.
#[derive(Clone, Copy)]
pub struct Clock(RwSignal<f64>);

impl Clock {
    pub fn new() -> Self {
        let clock = Self(RwSignal::new(now_ms()));
        effect(move || set_interval(move || clock.0.set(now_ms()), TICK));
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

/// A time of the server's: how long ago, and exactly where the mouse rests.
#[component]
pub fn Time(
    /// RFC 3339, in UTC.
    #[prop(into)]
    at: Signal<String>,
) -> impl IntoView {
    let clock = use_context::<Clock>().unwrap_or_default();
    view! {
        <time datetime=at title=Signal::derive(move || at.with(|at| exact(at)))>
            {Signal::derive(move || at.with(|at| ago(at, clock.0.get())))}
        </time>
    }
}

/// A row of a list: what tells it from the others, and how it is made, once.
pub struct Row {
    key: String,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Row {
    pub fn new<V: IntoAny>(key: impl ToString, make: impl FnOnce() -> V + Send + 'static) -> Self {
        Self { key: key.to_string(), make: Box::new(|| make().into_any()) }
    }
}

/// A list whose rows come, go and move without the others being made anew. All lists are of this one type: each `For` of its own would
/// bring some kilobytes of WebAssembly (docs/weight.md).
pub fn rows(each: impl Fn() -> Vec<Row> + Send + Sync + 'static) -> impl IntoView {
    let each: Box<dyn Fn() -> Vec<Row> + Send + Sync> = Box::new(each);
    view! { <For each key=|row| row.key.clone() children=|row| (row.make)() /> }
}

fn exact(at: &str) -> String {
    format!("{} UTC", at.get(..19).unwrap_or(at).replace('T', " "))
}

/// `just now`, `5 min ago`, `3 h ago`, and `22 Nov, 14:05` where that is more than a day ago; the text itself where it is no time.
fn ago(at: &str, now_ms: f64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let read = || {
        let part = |range: std::ops::Range<usize>| at.get(range)?.parse::<i64>().ok();
        let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
        let minutes = (days(year, month, day) * 24 + part(11..13)?) * 60 + part(14..16)?;
        let ago = (now_ms / 1000.0) as i64 - minutes * 60 - part(17..19)?;
        let name = MONTHS.get(usize::try_from(month - 1).ok()?)?;
        Some(match ago {
            ..45 => "just now".into(),
            45..3570 => format!("{} min ago", (ago + 30) / 60),
            3570..86_400 => format!("{} h ago", (ago + 1800) / 3600),
            _ => format!("{day} {name}, {}", at.get(11..16)?),
        })
    };
    read().unwrap_or_else(|| at.to_owned())
}

/// Days from 1970-01-01 to that day, in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their leap day last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

/// Tells tests and style sheets that the page is alive: forms are taken over, and what happens is shown. It stands last, since islands
/// come alive in the order in which they stand.
#[island]
pub fn Hydrated() -> impl IntoView {
    effect(|| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{ago, days};

    #[test]
    fn times_are_told_as_people_tell_them() {
        // 2026-11-02T14:05:59Z
        let then = 1_793_628_359_000.0;
        let told = |seconds: f64| ago("2026-11-02T14:05:59.123Z", then + seconds * 1000.0);
        assert_eq!(told(-3.0), "just now");
        assert_eq!(told(50.0), "1 min ago");
        assert_eq!(told(3_000.0), "50 min ago");
        assert_eq!(told(7_000.0), "2 h ago");
        assert_eq!(told(90_000.0), "2 Nov, 14:05");
        for odd in ["2026-13-02T14:05:59.123Z", "soon", ""] {
            assert_eq!(ago(odd, then), odd);
        }
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 2, 29), 11_016);
        assert_eq!(days(2000, 3, 1), 11_017);
        assert_eq!(days(2026, 11, 23), 20_780);
    }
}
