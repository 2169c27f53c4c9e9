//! The sign-in page: a plain form, with or without JavaScript, and with `--demo` a button for each demo user. It leads back to the page that
//! asked for it.

use super::{
    form::{FormCall, FormError},
    header::{Avatar, role_label},
    scripts::{Bundle, Stylesheet},
};
use crate::{
    model::{
        flash::Flash,
        user::{DEMO_PASSWORD, User},
    },
    server_fns::{self, SignIn},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SignInPage() -> impl IntoView {
    let call = FormCall::new::<SignIn>();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let name = call.typed("username");
    // The first field that is to be filled in.
    let is_named = name.is_some();
    view! {
        <Title text="Sign in" />
        <Stylesheet bundle=Bundle::Order />
        <main class="sign-in">
            <div class="card">
                <img src="/favicon.svg" alt="" width="48" height="48" />
                <h1>"Sign in to Orderwire"</h1>
                <p class="lead">"Live orders, as they happen"</p>
                <form method="post" action=SignIn::PATH>
                    <NextField next=next.clone() />
                    <label>
                        "User name "
                        <input name="username" value=name required autofocus=!is_named autocomplete="username" autocapitalize="none" spellcheck="false" />
                    </label>
                    <label>
                        "Password " <input name="password" type="password" required autofocus=is_named autocomplete="current-password" />
                    </label>
                    {use_context::<Flash>()
                        .and_then(|flash| flash.notice)
                        .map(|notice| view! { <p class="notice" role="status">{notice}</p> })} <FormError call />
                    <button class="primary">"Sign in"</button>
                </form>
                <DemoUsers next />
            </div>
        </main>
    }
}

/// Where the form leads to, if the page's address says so.
#[component]
fn NextField(next: Option<String>) -> impl IntoView {
    next.map(|next| view! { <input type="hidden" name="next" value=next /> })
}

/// A button for each of the demo's users, where the demo runs.
#[component]
fn DemoUsers(next: Option<String>) -> impl IntoView {
    let users = AsyncDerived::new(server_fns::demo_people);
    let next = StoredValue::new(next);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let users = users.await.unwrap_or_default();
                (!users.is_empty())
                    .then(|| {
                        view! {
                            <section class="demo" aria-labelledby="demo-title">
                                <h2 id="demo-title">"Or try the demo as"</h2>
                                <form method="post" action=SignIn::PATH>
                                    <NextField next=next.get_value() />
                                    <input type="hidden" name="password" value=DEMO_PASSWORD />
                                    {users.into_iter().map(demo_user).collect_view()}
                                </form>
                                <p>"The password of each is " <code>{DEMO_PASSWORD}</code> "."</p>
                            </section>
                        }
                    })
            })}
        </Suspense>
    }
}

fn demo_user(User { username, role }: User) -> impl IntoView {
    let label = format!("Sign in as {username}, {}", role_label(role));
    view! {
        <button name="username" value=username.clone() aria-label=label>
            <Avatar username=username.clone() />
            <span>{username.clone()}</span>
            " "
            <span class="secondary">{role_label(role)}</span>
        </button>
    }
}
