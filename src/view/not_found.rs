//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Page not found" />
        <main class="message-page">
            <h1>"Page not found"</h1>
            <p>
                <a class="button" href="/">"Go to the home page"</a>
            </p>
        </main>
    }
}
