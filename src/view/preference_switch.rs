//! Buttons that choose the value of a preference. A plain form: the browser sends it, and the page that it is redirected back to has the
//! new look.

use crate::{
    model::preferences::{Preference, Preferences},
    server_fns::SetPreference,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `label` names the preference.
#[component]
pub fn PreferenceSwitch(preference: &'static Preference, label: &'static str) -> impl IntoView {
    let chosen = use_context::<Preferences>().unwrap_or_default().of(preference);
    let button = |(value, text): &'static (&'static str, &'static str)| {
        view! {
            <button name="value" value=*value aria-pressed=(*value == chosen).to_string()>
                {*text}
            </button>
        }
    };
    view! {
        <form class="preference" data-preference=preference.name method="post" action=SetPreference::PATH>
            <input type="hidden" name="name" value=preference.name />
            <fieldset>
                <legend>{label}</legend>
                <div class="segments">{preference.values.iter().map(button).collect_view()}</div>
            </fieldset>
        </form>
    }
}
