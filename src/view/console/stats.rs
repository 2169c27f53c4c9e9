//! The console stats: figures of the shop and of the streams, with charts of the last 15 minutes, and the orders of each status.

use crate::{
    browser::page_state::PageState,
    model::{
        order::{Status, money},
        snapshot::Filter,
        stats::{self, POINT, POINTS},
    },
    view::{
        live_text::{LiveText, live_text},
        orders::status_label,
    },
};
use leptos::prelude::*;

/// The height of a chart, in units of its own; its width is one unit a point.
const CHART_HEIGHT: u32 = 24;

/// Chart points that "events per second" is computed from: the last complete one and the one that still grows.
const RATE_POINTS: usize = 2;

#[island]
pub fn Figures() -> impl IntoView {
    let page_state: PageState = expect_context();
    let read = move |read: fn(&stats::Figures) -> String| {
        page_state.console_stats.with(|stats| stats.as_ref().map(|stats| read(&stats.figures)).unwrap_or_default())
    };
    let figure = move |figure: fn(&stats::Figures) -> String| live_text(move || read(figure));
    let chart = move |points: fn(&stats::Figures) -> String| Signal::derive(move || read(points));
    let events = figure(|figures| {
        let recent: u32 = figures.events_each.iter().rev().take(RATE_POINTS).sum();
        let tenths = recent * 10 / (POINT as u32 * RATE_POINTS as u32);
        format!("{}.{}", tenths / 10, tenths % 10)
    });
    let open = figure(|figures| figures.orders[..3].iter().sum::<i64>().to_string());
    let streams = figure(|figures| figures.streams.to_string());
    view! {
        <section class="figures" aria-label="Console stats" data-testid="console-stats">
            <Figure name="Revenue today" value=figure(|figures| money(figures.revenue_cents)) />
            <Figure name="Open orders" value=open />
            <Figure name="Events per second" value=events chart=chart(|figures| chart_path(&figures.events_each)) />
            <Figure name="Open connections" value=streams chart=chart(|figures| chart_path(&figures.streams_each)) />
        </section>
    }
}

#[component]
fn Figure(name: &'static str, value: LiveText, #[prop(optional)] chart: Option<Signal<String>>) -> impl IntoView {
    view! {
        <div class="card figure" role="group" aria-label=name>
            <span class="figure-name">{name}</span>
            <strong {..value}></strong>
            <svg viewBox=format!("0 0 {} {CHART_HEIGHT}", POINTS - 1) preserveAspectRatio="none" aria-hidden="true" hidden=chart.is_none()>
                <path d=chart.unwrap_or_default() />
            </svg>
        </div>
    }
}

/// The outline of an area chart as an SVG path. Relative steps from point to point, because most of them are equal and compress well.
fn chart_path(points: &[u32]) -> String {
    let highest = points.iter().copied().max().unwrap_or(0).max(1);
    let height = |point: &u32| ((CHART_HEIGHT - 1) * *point / highest) as i32;
    let steps = points.windows(2).map(|pair| format!("l1 {}", height(&pair[0]) - height(&pair[1])));
    format!("M0 {CHART_HEIGHT}v-{}{}V{CHART_HEIGHT}Z", points.first().map_or(0, height), steps.collect::<String>())
}

/// Links to the orders of each status, with how many there are.
#[island]
pub fn StatusTabs() -> impl IntoView {
    let page_state: PageState = expect_context();
    let search = page_state.filter.with_value(|filter| filter.search.clone());
    let current = page_state.filter.with_value(|filter| filter.status);
    let tab = |status: Option<Status>| {
        let query = Filter { status, search: search.clone(), ..Filter::default() }.query();
        let count = live_text(move || {
            let orders = page_state.console_stats.with(|stats| stats.as_ref().map(|stats| stats.figures.orders).unwrap_or_default());
            let of = |status| Status::ALL.iter().position(|known| *known == status).map_or(0, |index| orders[index]);
            status.map_or_else(|| orders.iter().sum(), of).to_string()
        });
        view! {
            <a href=query aria-current=(status == current).then_some("true") data-status=status.map(Status::as_str)>
                {status.map_or("All", status_label)}
                " "
                <span class="tab-count" {..count}></span>
            </a>
        }
    };
    let tabs: Vec<_> = std::iter::once(None).chain(Status::ALL.map(Some)).map(tab).collect();
    view! {
        <nav class="tabs" aria-label="Orders by status">
            {tabs}
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::chart_path;

    #[test]
    fn a_chart_uses_its_whole_height_and_no_more() {
        assert_eq!(chart_path(&[0, 5, 10]), "M0 24v-0l1 -11l1 -12V24Z");
        assert_eq!(chart_path(&[0, 0]), "M0 24v-0l1 0V24Z");
    }
}
