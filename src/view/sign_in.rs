//! Signing in, and back to the place where it was asked for: a plain form, with or without JavaScript.

use super::form::{Call, Refusal};
use crate::server_fns::{self, SignIn};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInPage() -> impl IntoView {
    let call = Call::new::<SignIn>();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let demo = Resource::new(|| (), |()| server_fns::demo_people());
    view! {
        <Title text="Sign in" />
        <main class="sign-in">
            <div class="card">
                <img src="/favicon.svg" alt="" width="48" height="48" />
                <h1>"Orderwire"</h1>
                <p class="lead">"Orders, live."</p>
                <form method="post" action=SignIn::PATH>
                    {next.map(|next| view! { <input type="hidden" name="next" value=next /> })}
                    <label>"User name" <input name="username" required autocomplete="username" autocapitalize="none" /></label>
                    <label>"Password" <input name="password" type="password" required autocomplete="current-password" /></label>
                    <Refusal call />
                    <button class="primary">"Sign in"</button>
                </form>
                <Suspense>
                    {move || Suspend::new(async move {
                        let people = demo.await.unwrap_or_default();
                        (!people.is_empty())
                            .then(|| {
                                let people = people
                                    .into_iter()
                                    .map(|user| view! { <li><strong>{user.username}</strong> " (" {user.role.as_str()} ")"</li> })
                                    .collect_view();
                                view! {
                                    <section class="demo" aria-label="Demo people">
                                        <p>"This is a demo. Password: " <code>"demo"</code></p>
                                        <ul>{people}</ul>
                                    </section>
                                }
                            })
                    })}
                </Suspense>
            </div>
        </main>
    }
}
