//! The console stats: figures of the shop and of the streams, each with a chart.

use crate::{
    browser::page_state::PageState,
    model::{
        order::money,
        stats::{self, HOURS, POINT, POINTS},
    },
    view::{derived::derived, live_text::live_text},
};
use leptos::prelude::*;

/// The height of a chart, in units of its own; each bar is one unit wide.
const CHART_HEIGHT: u64 = 24;

/// Chart points that "events per second" is computed from: the last complete one and the one that still grows.
const RATE_POINTS: usize = 2;

#[island]
pub fn Figures() -> impl IntoView {
    let (hours, points) = (("Last 24 hours", HOURS as usize), ("Last 15 minutes", POINTS));
    view! {
        <section class="figures" aria-label="Console stats" data-testid="console-stats">
            {figure("Revenue today", |figures| money(figures.revenue_cents), hours, |figures| &figures.revenue_by_hour, |cents| money(cents.into()))}
            {figure("Open orders", open_orders, ("New, last 24 hours", hours.1), |figures| &figures.orders_by_hour, count)}
            {figure("Events per second", events_per_second, points, |figures| &figures.events_each, count)}
            {figure("Open connections", |figures| figures.streams.to_string(), points, |figures| &figures.streams_each, count)}
        </section>
    }
}

/// A figure and its chart: what the chart shows and how many bars it has, the bars, and how the value of one is written.
fn figure(
    name: &'static str,
    value: fn(&stats::Figures) -> String,
    (span, bars): (&'static str, usize),
    values: fn(&stats::Figures) -> &Vec<u32>,
    show: fn(u32) -> String,
) -> impl IntoView {
    let page_state: PageState = expect_context();
    let read = move |read: &dyn Fn(&stats::Figures) -> String| {
        page_state.console_stats.with(|stats| stats.as_ref().map(|stats| read(&stats.figures)).unwrap_or_default())
    };
    view! {
        <div class="card figure" role="group" aria-label=name>
            <span class="figure-name">{name}</span>
            <strong {..live_text(move || read(&value))}></strong>
            <svg
                viewBox=format!("0 0 {bars} {CHART_HEIGHT}")
                preserveAspectRatio="none"
                role="img"
                aria-label=derived(move || read(&|figures| format!("{span}: {}", summary(values(figures), show))))
            >
                <path d=derived(move || read(&|figures| chart_path(values(figures)))) />
            </svg>
            <span class="figure-span">{span}</span>
        </div>
    }
}

fn open_orders(figures: &stats::Figures) -> String {
    figures.orders[..3].iter().sum::<i64>().to_string()
}

fn events_per_second(figures: &stats::Figures) -> String {
    let recent: u32 = figures.events_each.iter().rev().take(RATE_POINTS).sum();
    let tenths = recent * 10 / (POINT as u32 * RATE_POINTS as u32);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn count(value: u32) -> String {
    value.to_string()
}

/// What a chart says, for who does not see it.
fn summary(values: &[u32], show: fn(u32) -> String) -> String {
    match values.iter().max() {
        None | Some(0) => "none".into(),
        Some(highest) => format!("at most {}, {} at the end", show(*highest), show(values.last().copied().unwrap_or(0))),
    }
}

/// The bars of a chart as an SVG path; where there is nothing it draws nothing. Relative steps from bar to bar, because many of them are
/// equal and compress well.
fn chart_path(values: &[u32]) -> String {
    let highest = u64::from(values.iter().copied().max().unwrap_or(0).max(1));
    let bar = |value: &u32| match u64::from(*value) * CHART_HEIGHT / highest {
        _ if *value == 0 => "h1".to_owned(),
        height => format!("v-{0}h.8v{0}h.2", height.max(1)),
    };
    format!("M0 {CHART_HEIGHT}{}", values.iter().map(bar).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{chart_path, count, summary};

    #[test]
    fn a_bar_is_as_high_as_its_part_of_the_highest_and_nothing_is_drawn_where_there_is_none() {
        assert_eq!(chart_path(&[5, 0, 10]), "M0 24v-12h.8v12h.2h1v-24h.8v24h.2");
        assert_eq!(chart_path(&[1, u32::MAX]), "M0 24v-1h.8v1h.2v-24h.8v24h.2", "a little is seen");
        assert_eq!(chart_path(&[0, 0]), "M0 24h1h1");
    }

    #[test]
    fn a_chart_is_told_in_words() {
        assert_eq!(summary(&[1, 7, 3], count), "at most 7, 3 at the end");
        assert_eq!(summary(&[0, 0], count), "none");
    }
}
