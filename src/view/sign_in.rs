//! The sign-in page: a plain form, with or without JavaScript. It leads back to the page that asked for it.

use super::form::{FormCall, FormError};
use crate::{
    model::flash::Flash,
    server_fns::{self, SignIn},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInPage() -> impl IntoView {
    let call = FormCall::new::<SignIn>();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    view! {
        <Title text="Sign in" />
        <main class="sign-in">
            <div class="card">
                <img src="/favicon.svg" alt="" width="48" height="48" />
                <h1>"Orderwire"</h1>
                <p class="lead">"Live order dashboard"</p>
                <form method="post" action=SignIn::PATH>
                    {next.map(|next| view! { <input type="hidden" name="next" value=next /> })}
                    <label>"User name" <input name="username" value=call.typed("username") required autocomplete="username" autocapitalize="none" /></label>
                    <label>"Password" <input name="password" type="password" required autocomplete="current-password" /></label>
                    {use_context::<Flash>()
                        .and_then(|flash| flash.notice)
                        .map(|notice| view! { <p class="notice" role="status">{notice}</p> })} <FormError call />
                    <button class="primary">"Sign in"</button>
                </form>
                <DemoUsers />
            </div>
        </main>
    }
}

/// The demo's users and their password, where the demo runs.
#[component]
fn DemoUsers() -> impl IntoView {
    let users = AsyncDerived::new(server_fns::demo_people);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let users = users.await.unwrap_or_default();
                (!users.is_empty())
                    .then(|| {
                        let users = users
                            .into_iter()
                            .map(|user| view! { <li><strong>{user.username}</strong> " (" {user.role.as_str()} ")"</li> })
                            .collect_view();
                        view! {
                            <section class="demo" aria-label="Demo users">
                                <p>"This is a demo. The password is " <code>"demo"</code></p>
                                <ul>{users}</ul>
                            </section>
                        }
                    })
            })}
        </Suspense>
    }
}
