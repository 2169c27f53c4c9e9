//! The staff's page: console stats, everybody's orders, open connections, and messages to one user or to all.

mod bulk;
mod connections;
mod drawer;
mod filters;
mod messages;
mod search;
mod shortcuts;
mod stats;
mod table;
mod table_head;

use super::{guide::Guide, layout::Layout, scripts::Bundle};
use crate::model::{
    filter::Filter,
    preferences::{DENSITY, Preferences},
    snapshot::Snapshot,
    user::Role,
};
use connections::{Connections, DemoTrafficSwitch};
use drawer::Drawer;
use filters::{ActiveFilters, ListFoot, SearchForm, StatusTabs};
use leptos::prelude::*;
use messages::{BroadcastForm, NotifyUserForm, UsernameList};
use search::Search;
use shortcuts::ShortcutsHelp;
use stats::Figures;
use table::Orders;

#[component]
pub fn Console() -> impl IntoView {
    view! {
        <Layout
            title="Console" bundle=Bundle::Console
            role=Role::Staff
            page=|snapshot| {
                let filter = snapshot.filter.clone();
                let demo = is_demo(snapshot);
                view! { <Content filter demo /> }.into_any()
            }
        />
    }
}

fn is_demo(snapshot: &Snapshot) -> bool {
    snapshot.console_stats.as_ref().is_some_and(|stats| stats.traffic.is_some())
}

#[component]
fn Content(filter: Filter, demo: bool) -> impl IntoView {
    let density = use_context::<Preferences>().unwrap_or_default().of(&DENSITY);
    let search = view! { <SearchForm filter=filter.clone() /> };
    view! {
        <Guide />
        <Figures />
        <div class="columns">
            <section aria-labelledby="orders-title" data-density=density>
                <div class="title">
                    <h1 id="orders-title">"All orders"</h1>
                    <Search>{search}</Search>
                </div>
                <StatusTabs />
                <ActiveFilters filter=filter.clone() />
                <Orders />
                <ListFoot filter />
            </section>
            <aside class="stack" aria-label="Connections and messages">
                {demo.then(|| view! { <DemoTrafficSwitch /> })} <Connections /> <NotifyUserForm /> <BroadcastForm />
            </aside>
        </div>
        <UsernameList />
        <ShortcutsHelp />
        <Drawer />
    }
}
