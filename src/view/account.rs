//! The account page: who is signed in, the theme, the password, and the way out. Plain forms, with or without JavaScript.

use super::{
    alerts::AlertsSection,
    form::{FormCall, FormError, FormField},
    header::{SignOutForm, role_label},
    layout::Layout,
    preference_switch::PreferenceSwitch,
    scripts::Bundle,
};
use crate::{
    model::{
        preferences::THEME,
        user::{PASSWORD_MIN, User},
    },
    server_fns::ChangePassword,
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn AccountPage() -> impl IntoView {
    view! { <Layout title="Account" bundle=Bundle::Order without_orders=true page=|snapshot| view! { <Content user=snapshot.user.clone() /> }.into_any() /> }
}

#[component]
fn Content(user: User) -> impl IntoView {
    view! {
        <h1>"Account"</h1>
        <div class="stack account">
            <section class="card" aria-labelledby="profile-title">
                <h2 id="profile-title">{user.username.clone()}</h2>
                <p class="secondary">{role_label(user.role)}</p>
                <SignOutForm />
            </section>
            <section class="card" aria-labelledby="appearance-title">
                <h2 id="appearance-title">"Appearance"</h2>
                <PreferenceSwitch preference=&THEME label="Theme" />
                <p class="secondary">"Remembered in this browser."</p>
            </section>
            <AlertsSection />
            <ChangePasswordForm user />
        </div>
    }
}

#[component]
fn ChangePasswordForm(user: User) -> impl IntoView {
    let call = FormCall::new::<ChangePassword>();
    view! {
        <section class="card" aria-labelledby="password-title">
            <h2 id="password-title">"Change your password"</h2>
            <form method="post" action=ChangePassword::PATH>
                // Tells a password manager whose password it is; without a name it is not sent.
                <input type="text" autocomplete="username" value=user.username readonly hidden />
                <FormField call name="old" label="Current password" error_id="old-error">
                    <input
                        name="old"
                        type="password"
                        required
                        autocomplete="current-password"
                        aria-describedby="old-error"
                        aria-invalid=call.invalid("old")
                    />
                </FormField>
                <FormField call name="new" label="New password" error_id="new-error">
                    <input
                        name="new"
                        type="password"
                        required
                        minlength=PASSWORD_MIN
                        autocomplete="new-password"
                        aria-describedby="new-error"
                        aria-invalid=call.invalid("new")
                    />
                </FormField>
                <FormError call fields=&["old", "new"] />
                <p class="lead">{format!("At least {PASSWORD_MIN} characters. This signs you out everywhere else.")}</p>
                <button class="primary">"Change password"</button>
            </form>
        </section>
    }
}
