//! A word to one person, or to all; shown beforehand as it will be seen.

use crate::{
    browser::effect,
    model::{
        notification::{MESSAGE_MAX, TITLE_MAX},
        user::USERNAME_MAX,
    },
    server_fns::{Broadcast, NotifyUser},
    view::form::{Call, Field, Form, Refusal},
};
use leptos::prelude::*;

#[island]
pub fn Notify() -> impl IntoView {
    let notify = Call::new::<NotifyUser>();
    view! {
        <section class="card" aria-labelledby="notify-title">
            <h2 id="notify-title">"Notify one user"</h2>
            <Form call=notify>
                <Field call=notify name="username" label="User">
                    <input name="username" required autocomplete="off" autocapitalize="none" maxlength=USERNAME_MAX />
                </Field>
                <Words call=notify />
                <button class="primary">"Notify"</button>
                <Sent call=notify />
            </Form>
        </section>
    }
}

#[island]
pub fn ToAll() -> impl IntoView {
    let broadcast = Call::new::<Broadcast>();
    view! {
        <section class="card" aria-labelledby="broadcast-title">
            <h2 id="broadcast-title">"Broadcast"</h2>
            <Form call=broadcast>
                <Words call=broadcast />
                <button class="primary">"Send to everyone"</button>
                <Sent call=broadcast />
            </Form>
        </section>
    }
}

/// That the last message has gone out.
#[component]
fn Sent(call: Call) -> impl IntoView {
    view! { <span role="status" class="done">{Signal::derive(move || call.answer.with(|answer| answer.as_ref().map_or("", |_| "Sent.").to_owned()))}</span> }
}

/// The title and the message, and how they will look.
#[component]
fn Words(call: Call) -> impl IntoView {
    let (title, message) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // What has been sent is not in the fields any more.
    effect(move || {
        if call.answer.with(Option::is_some) {
            title.set(String::new());
            message.set(String::new());
        }
    });
    view! {
        <Field call name="title" label="Title">
            <input name="title" required maxlength=TITLE_MAX on:input=move |event| title.set(event_target_value(&event)) />
        </Field>
        <Field call name="message" label="Message">
            <textarea
                name="message"
                required
                rows="3"
                maxlength=MESSAGE_MAX
                on:input=move |event| message.set(event_target_value(&event))
            ></textarea>
        </Field>
        <div class="preview" hidden=Signal::derive(move || title.with(String::is_empty) && message.with(String::is_empty))>
            <span class="soft">"As it will be seen"</span>
            <div class="toast">
                <div>
                    <strong>{Signal::derive(move || title.get())}</strong>
                    <p>{Signal::derive(move || message.get())}</p>
                </div>
            </div>
        </div>
        <Refusal call fields=&["username", "title", "message"] />
    }
}
