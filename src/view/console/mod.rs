//! The staff's page: console stats, everybody's orders, open connections, and messages to one user or to all.

mod connections;
mod messages;
mod shortcuts;
mod stats;
mod table;

use super::{guide::Guide, layout::Layout};
use crate::model::{
    snapshot::{SEARCH_MAX, Snapshot},
    user::Role,
};
use connections::{Connections, DemoTrafficSwitch};
use leptos::prelude::*;
use messages::{BroadcastForm, NotifyUserForm, UsernameList};
use shortcuts::ShortcutsHelp;
use stats::{Figures, StatusTabs};
use table::Orders;

#[component]
pub fn Console() -> impl IntoView {
    view! {
        <Layout
            title="Console"
            role=Role::Staff
            page=|snapshot| {
                let search = snapshot.filter.search.clone();
                let demo = is_demo(snapshot);
                view! { <Content search demo /> }.into_any()
            }
        />
    }
}

fn is_demo(snapshot: &Snapshot) -> bool {
    snapshot.console_stats.as_ref().is_some_and(|stats| stats.traffic.is_some())
}

#[component]
fn Content(search: String, demo: bool) -> impl IntoView {
    view! {
        <Guide />
        <Figures />
        <div class="columns">
            <section aria-labelledby="orders-title">
                <div class="title">
                    <h1 id="orders-title">"All orders"</h1>
                    <form role="search" class="search" method="get" action="/console">
                        <input
                            type="search"
                            name="q"
                            value=search
                            placeholder="Number, customer or product"
                            title="The beginning of an order's number or of a customer's name, or a part of a product's name"
                            aria-label="Search orders"
                            maxlength=SEARCH_MAX
                        />
                        <button>"Search"</button>
                    </form>
                </div>
                <StatusTabs />
                <Orders />
            </section>
            <aside class="stack" aria-label="Connections and messages">
                {demo.then(|| view! { <DemoTrafficSwitch /> })} <Connections /> <NotifyUserForm /> <BroadcastForm />
            </aside>
        </div>
        <UsernameList />
        <ShortcutsHelp />
    }
}
