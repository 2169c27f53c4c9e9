//! The account page: the user changes their password. A plain form, with or without JavaScript.

use super::{
    form::{FormCall, FormError, FormField},
    layout::Layout,
};
use crate::{
    model::user::{PASSWORD_MIN, User},
    server_fns::ChangePassword,
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn AccountPage() -> impl IntoView {
    view! { <Layout title="Account" page=|snapshot| view! { <ChangePasswordForm user=snapshot.user.clone() /> }.into_any() /> }
}

#[component]
fn ChangePasswordForm(user: User) -> impl IntoView {
    let call = FormCall::new::<ChangePassword>();
    view! {
        <h1>"Account"</h1>
        <section class="card account" aria-labelledby="password-title">
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
                <p class="lead">{format!("At least {PASSWORD_MIN} characters. You are signed out everywhere else.")}</p>
                <button class="primary">"Change password"</button>
            </form>
        </section>
    }
}
