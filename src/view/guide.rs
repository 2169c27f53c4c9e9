//! The guided start of `--demo-shop`: three things to try, on the customer's page and on the console, until the reader hides it.
//!
//! The server renders it; hiding it is a form and a cookie. It is no island.

use crate::{
    model::preferences::{GUIDE, HIDDEN, OffersGuide, Preferences},
    server_fns::SetPreference,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Title, sentence, and the text of the link to the wire that goes with it.
const CARDS: [(&str, &str, &str); 3] = [
    (
        "Open a second window",
        "Sign in there as somebody else, in a private window, and watch an order move in both at once.",
        "See the events",
    ),
    (
        "Cut the connection",
        "The wire has a button for each way that a stream breaks; the page asks for whatever it has missed.",
        "Break it",
    ),
    (
        "Stop the server",
        "Press Ctrl-C in its terminal and start it again: every page comes back, no event is missed and none comes twice.",
        "Audit it",
    ),
];

#[component]
pub fn Guide() -> impl IntoView {
    let is_shown = use_context::<OffersGuide>().is_some() && use_context::<Preferences>().unwrap_or_default().of(&GUIDE) != HIDDEN;
    is_shown.then(|| {
        let cards = CARDS.map(|(title, text, link)| {
            view! {
                <li class="card">
                    <h3>{title}</h3>
                    <p>{text}" "<a href="/wire">{link}</a></p>
                </li>
            }
        });
        view! {
            <section class="guide" aria-labelledby="guide-title">
                <div class="title">
                    <h2 id="guide-title">"Three things to try"</h2>
                    <form method="post" action=SetPreference::PATH>
                        <input type="hidden" name="name" value=GUIDE.name />
                        <input type="hidden" name="value" value=HIDDEN />
                        <button class="quiet">"Hide"</button>
                    </form>
                </div>
                <ol>{Vec::from(cards)}</ol>
            </section>
        }
    })
}
