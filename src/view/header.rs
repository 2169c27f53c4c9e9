//! The header: what is the same on every page, and what a signed-in user's page has.

use super::{connection_badge::ConnectionBadge, notification_bell::NotificationBell, preference_switch::PreferenceSwitch};
use crate::{
    model::{
        preferences::THEME,
        user::{Role, User},
    },
    server_fns::SignOut,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The id of the account menu. A popover opens and closes without a script.
const ACCOUNT_MENU: &str = "account-menu";

/// The header of a page that knows of no user: it leads on.
#[component]
pub fn PlainHeader() -> impl IntoView {
    view! {
        <header class="header">
            <Brand home="/" />
            <nav class="page-links" aria-label="Pages">
                <a href="/">"Orders"</a>
                <a href="/wire">"The wire"</a>
                <a href="/account">"Account"</a>
            </nav>
        </header>
    }
}

/// The header of a signed-in user's page. `title` is the page's, which its link has too.
#[component]
pub fn Header(title: &'static str, user: User) -> impl IntoView {
    let link = move |path, text| view! { <a href=path aria-current=(text == title).then_some("page")>{text}</a> };
    view! {
        <header class="header">
            <Brand home=user.home() />
            <nav class="page-links" aria-label="Pages">
                {if user.is_staff() { link("/console", "Console") } else { link("/", "Your orders") }} {link("/wire", "The wire")}
                {link("/account", "Account")}
            </nav>
            <ConnectionBadge />
            <a class="not-live-badge" href="">"Not live: reload"</a>
            <div class="header-end">
                <NotificationBell />
                <AccountMenu user />
            </div>
        </header>
    }
}

#[component]
fn Brand(home: &'static str) -> impl IntoView {
    view! {
        <a class="brand" href=home aria-label="Orderwire">
            <img src="/favicon.svg" alt="" width="28" height="28" />
            <span>"Orderwire"</span>
        </a>
    }
}

/// Who is signed in, the theme, and the way out.
#[component]
fn AccountMenu(user: User) -> impl IntoView {
    let User { username, role } = user;
    view! {
        <button class="account-button quiet" popovertarget=ACCOUNT_MENU aria-label=format!("Account of {username}")>
            <Avatar username=username.clone() />
            <span class="username" data-testid="username">{username.clone()}</span>
        </button>
        <div class="popover account-menu" id=ACCOUNT_MENU popover="auto">
            <p><strong>{username}</strong> " " <span class="secondary">{role_label(role)}</span></p>
            <PreferenceSwitch preference=&THEME label="Theme" />
            <SignOutForm />
        </div>
    }
}

/// The first letter of a user's name, as a picture of theirs.
#[component]
pub fn Avatar(username: String) -> impl IntoView {
    let initial: String = username.chars().take(1).collect();
    view! { <span class="avatar" aria-hidden="true">{initial}</span> }
}

#[component]
pub fn SignOutForm() -> impl IntoView {
    view! {
        <form method="post" action=SignOut::PATH>
            <button>"Sign out"</button>
        </form>
    }
}

/// A role as pages call it.
pub fn role_label(role: Role) -> &'static str {
    match role {
        Role::Customer => "Customer",
        Role::Staff => "Staff",
    }
}
