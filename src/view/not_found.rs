//! There is no such page.

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found" />
        <main class="trouble">
            <h1>"There is no such page"</h1>
            <p>
                <a class="button" href="/">"To your orders"</a>
            </p>
        </main>
    }
}
