//! Figures that live: of the shop and of the wire, with charts of the last 15 minutes.

use crate::{
    browser::page_state::PageState,
    model::{
        order::{Status, money},
        snapshot::{Filter, SnapshotStoreFields},
        stats::{self, POINT, POINTS},
    },
    view::orders::label,
};
use leptos::prelude::*;

/// The height of a chart, in its own units; its width is a unit for each point.
const HEIGHT: u32 = 24;

/// Points that "events a second" is taken from: the last whole one and the one that still grows.
const RECENT: usize = 2;

#[island]
pub fn Figures() -> impl IntoView {
    let page_state: PageState = expect_context();
    let figure = move |read: fn(&stats::Figures) -> String| {
        Signal::derive(move || {
            page_state
                .console_stats()
                .with(|console_stats| console_stats.as_ref().map(|console_stats| read(&console_stats.figures)).unwrap_or_default())
        })
    };
    let events = figure(|figures| {
        let recent: u32 = figures.events_each.iter().rev().take(RECENT).sum();
        let tenths = recent * 10 / (POINT as u32 * RECENT as u32);
        format!("{}.{}", tenths / 10, tenths % 10)
    });
    let open = figure(|figures| figures.orders[..3].iter().sum::<i64>().to_string());
    view! {
        <section class="figures" aria-label="Figures" data-testid="figures">
            <Figure name="Revenue today" value=figure(|figures| money(figures.revenue_cents)) />
            <Figure name="Open orders" value=open />
            <Figure name="Events a second" value=events line=figure(|figures| line(&figures.events_each)) />
            <Figure name="Open streams" value=figure(|figures| figures.streams.to_string()) line=figure(|figures| line(&figures.streams_each)) />
        </section>
    }
}

#[component]
fn Figure(name: &'static str, value: Signal<String>, #[prop(optional)] line: Option<Signal<String>>) -> impl IntoView {
    view! {
        <div class="card figure" role="group" aria-label=name>
            <span class="figure-name">{name}</span>
            <strong>{value}</strong>
            <svg viewBox=format!("0 0 {} {HEIGHT}", POINTS - 1) preserveAspectRatio="none" aria-hidden="true" hidden=line.is_none()>
                <path d=line.unwrap_or_default() />
            </svg>
        </div>
    }
}

/// The outline of an area chart; in steps from point to point, most of which are the same.
fn line(points: &[u32]) -> String {
    let most = points.iter().copied().max().unwrap_or(0).max(1);
    let height = |point: &u32| ((HEIGHT - 1) * *point / most) as i32;
    let steps = points.windows(2).map(|pair| format!("l1 {}", height(&pair[0]) - height(&pair[1])));
    format!("M0 {HEIGHT}v-{}{}V{HEIGHT}Z", points.first().map_or(0, height), steps.collect::<String>())
}

/// Orders of each status, how many there are, and the way to see those alone.
#[island]
pub fn StatusTabs() -> impl IntoView {
    let page_state: PageState = expect_context();
    let search = page_state.filter().with_untracked(|filter| filter.search.clone());
    let shown = page_state.filter().with_untracked(|filter| filter.status);
    let tab = |status: Option<Status>| {
        let query = Filter { status, search: search.clone(), before: None }.query();
        let count = Signal::derive(move || {
            let orders = page_state
                .console_stats()
                .with(|console_stats| console_stats.as_ref().map(|console_stats| console_stats.figures.orders).unwrap_or_default());
            let of = |status| Status::ALL.iter().position(|known| *known == status).map_or(0, |place| orders[place]);
            status.map_or_else(|| orders.iter().sum(), of).to_string()
        });
        view! {
            <a href=query aria-current=(status == shown).then_some("true") data-status=status.map(Status::as_str)>
                {status.map_or("All", label)}
                " "
                <span class="tally">{count}</span>
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
    use super::line;

    #[test]
    fn a_chart_fills_its_height_and_never_leaves_it() {
        assert_eq!(line(&[0, 5, 10]), "M0 24v-0l1 -11l1 -12V24Z");
        assert_eq!(line(&[0, 0]), "M0 24v-0l1 0V24Z");
    }
}
