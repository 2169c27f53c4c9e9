//! Notifications of the reader's desktop. Off until the reader asks for them on the account page; what shows them is a script of its own
//! (`public/alerts.js`), which pages load only where they are on, so that they cost nobody else anything.

use super::preference_switch::PreferenceSwitch;
use crate::model::preferences::{ALERTS, Preferences};
use leptos::{nonce::use_nonce, prelude::*};

/// The script, where the alerts are on.
#[component]
pub fn AlertsScript() -> impl IntoView {
    let alerts = use_context::<Preferences>().unwrap_or_default().of(&ALERTS);
    (alerts != ALERTS.default_value()).then(|| script(alerts))
}

/// What chooses them. Its script asks the browser for the permission.
#[component]
pub fn AlertsSection() -> impl IntoView {
    let alerts = use_context::<Preferences>().unwrap_or_default().of(&ALERTS);
    view! {
        <section class="card alerts" aria-labelledby="alerts-title">
            <h2 id="alerts-title">"Notifications"</h2>
            <PreferenceSwitch preference=&ALERTS label="On the desktop" />
            <p class="secondary">"Shown while no tab of Orderwire is in view."</p>
            <p class="secondary alerts-denied">"This browser blocks them. Allow notifications for this site in its settings."</p>
        </section>
        {(alerts == ALERTS.default_value()).then(|| script(alerts))}
    }
}

fn script(alerts: &'static str) -> impl IntoView {
    view! { <script src="/alerts.js" nonce=use_nonce() data-alerts=alerts defer></script> }
}
