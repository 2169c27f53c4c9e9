//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Page not found" />
        <header class="header">
            <a class="brand" href="/" aria-label="Orderwire">
                <img src="/favicon.svg" alt="" width="28" height="28" />
                <span>"Orderwire"</span>
            </a>
            <nav class="page-links" aria-label="Pages">
                <a href="/">"Orders"</a>
                <a href="/wire">"The wire"</a>
            </nav>
        </header>
        <main class="message-page">
            <h1>"Page not found"</h1>
            <p>"Nothing is at this address."</p>
            <p>
                <a class="button" href="/">"Go to the home page"</a>
            </p>
        </main>
    }
}
