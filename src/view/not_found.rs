//! The page for addresses that lead nowhere.

use super::{
    header::PlainHeader,
    scripts::{Bundle, Stylesheet},
};
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Page not found" />
        <Stylesheet bundle=Bundle::Order />
        <PlainHeader />
        <main class="message-page">
            <h1>"Page not found"</h1>
            <p class="secondary">"There is no page at this address. The link may be old, or the address mistyped."</p>
            <p>
                <a class="button primary" href="/">"Back to Orderwire"</a>
            </p>
        </main>
    }
}
