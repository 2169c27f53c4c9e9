//! Messages to one user or to all, with a preview.

use crate::{
    browser::effect,
    model::{
        notification::{MESSAGE_MAX, TITLE_MAX},
        user::NAME_MAX,
    },
    server_fns::{Broadcast, NotifyUser},
    view::form::{Form, FormCall, FormError, FormField},
};
use leptos::prelude::*;

#[island]
pub fn NotifyUserForm() -> impl IntoView {
    let notify = FormCall::new::<NotifyUser>();
    view! {
        <section class="card" aria-labelledby="notify-title">
            <h2 id="notify-title">"Send a message to one user"</h2>
            <Form call=notify>
                <FormField call=notify name="username" label="User">
                    <input name="username" required autocomplete="off" autocapitalize="none" maxlength=NAME_MAX />
                </FormField>
                <MessageFields call=notify />
                <button class="primary">"Send message"</button>
                <SentStatus call=notify />
            </Form>
        </section>
    }
}

#[island]
pub fn BroadcastForm() -> impl IntoView {
    let broadcast = FormCall::new::<Broadcast>();
    view! {
        <section class="card" aria-labelledby="broadcast-title">
            <h2 id="broadcast-title">"Send a message to everyone"</h2>
            <Form call=broadcast>
                <MessageFields call=broadcast />
                <button class="primary">"Send to everyone"</button>
                <SentStatus call=broadcast />
            </Form>
        </section>
    }
}

/// Says that the last message was sent.
#[component]
fn SentStatus(call: FormCall) -> impl IntoView {
    let text = Signal::derive(move || call.response.with(|response| response.as_ref().map_or("", |_| "Sent.").to_owned()));
    view! { <span role="status" class="success">{text}</span> }
}

/// The title, the message, and a preview of both.
#[component]
fn MessageFields(call: FormCall) -> impl IntoView {
    let (title, message) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // A message that was sent is not in its fields any more.
    effect(move || {
        if call.response.with(Option::is_some) {
            title.set(String::new());
            message.set(String::new());
        }
    });
    view! {
        <FormField call name="title" label="Title">
            <input name="title" required maxlength=TITLE_MAX on:input=move |event| title.set(event_target_value(&event)) />
        </FormField>
        <FormField call name="message" label="Message">
            <textarea
                name="message"
                required
                rows="3"
                maxlength=MESSAGE_MAX
                on:input=move |event| message.set(event_target_value(&event))
            ></textarea>
        </FormField>
        <div
            class="preview"
            data-testid="message-preview"
            hidden=Signal::derive(move || title.with(String::is_empty) && message.with(String::is_empty))
        >
            <span class="secondary">"Preview"</span>
            <div class="toast">
                <div>
                    <strong>{Signal::derive(move || title.get())}</strong>
                    <p>{Signal::derive(move || message.get())}</p>
                </div>
            </div>
        </div>
        <FormError call fields=&["username", "title", "message"] />
    }
}
