//! Messages to one user or to all, with a preview.

use crate::{
    browser::effect,
    model::{
        error::{Error, Kind},
        notification::{MESSAGE_MAX, RenderingKey, TITLE_MAX},
        user::USERNAME_MAX,
    },
    server_fns::{self, Broadcast, NotifyUser},
    view::{
        derived::derived,
        form::{Form, FormCall, FormError, FormField},
        live_text::live_text,
    },
};
use leptos::prelude::*;

/// The id of the list that user names are completed from.
const USERNAMES: &str = "usernames";

/// The names that the user field is completed from. Rendered on the server only, like the page around it.
#[component]
pub fn UsernameList() -> impl IntoView {
    let names = AsyncDerived::new(server_fns::usernames);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                // Without them the field is typed in full.
                let names = names.await.unwrap_or_default();
                view! { <datalist id=USERNAMES>{names.into_iter().map(|name| view! { <option value=name></option> }).collect_view()}</datalist> }
            })}
        </Suspense>
    }
}

#[island]
pub fn NotifyUserForm() -> impl IntoView {
    let notify = FormCall::new::<NotifyUser>();
    view! {
        <section class="card" aria-labelledby="notify-title">
            <h2 id="notify-title">"Send a message to one user"</h2>
            <Form call=notify>
                <FormField call=notify name="username" label="User" error_id="notify-username-error">
                    <input
                        name="username"
                        required
                        autocomplete="off"
                        autocapitalize="none"
                        maxlength=USERNAME_MAX
                        list=USERNAMES
                        value=notify.typed("username")
                        aria-describedby="notify-username-error"
                        aria-invalid=notify.invalid("username")
                    />
                </FormField>
                <MessageFields call=notify prefix="notify" />
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
                <MessageFields call=broadcast prefix="broadcast" />
                <button class="primary">"Send to everyone"</button>
                <SentStatus call=broadcast />
            </Form>
        </section>
    }
}

/// Says that the last message was sent.
#[component]
fn SentStatus(call: FormCall) -> impl IntoView {
    let text = live_text(move || call.response.with(|response| response.as_ref().map_or("", |_| "Sent.").to_owned()));
    view! { <span role="status" class="success" {..text}></span> }
}

/// The title, the message, and a preview of both. `prefix` begins the ids of the errors.
#[component]
fn MessageFields(call: FormCall, prefix: &'static str) -> impl IntoView {
    let (title, message) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (title_input, message_input) = (NodeRef::<leptos::html::Input>::new(), NodeRef::<leptos::html::Textarea>::new());
    // The fields may hold something from the first: what a refused form had, or what was typed before the page was hydrated. And what was
    // sent is not in them any more, unless it was changed meanwhile.
    effect(move || {
        call.response.track();
        if let (Some(title_input), Some(message_input)) = (title_input.get_untracked(), message_input.get_untracked()) {
            title.set(title_input.value());
            message.set(message_input.value());
        }
    });
    let key = message_key(call, prefix);
    let (title_error, message_error) = (format!("{prefix}-title-error"), format!("{prefix}-message-error"));
    view! {
        <input type="hidden" name="key" value=key autocomplete="off" />
        <FormField call name="title" label="Title" error_id=title_error.clone()>
            <input
                node_ref=title_input
                name="title"
                required
                maxlength=TITLE_MAX
                value=call.typed("title")
                aria-describedby=title_error
                aria-invalid=call.invalid("title")
                on:input=move |event| title.set(event_target_value(&event))
            />
        </FormField>
        <FormField call name="message" label="Message" error_id=message_error.clone()>
            <textarea
                node_ref=message_input
                name="message"
                required
                rows="3"
                maxlength=MESSAGE_MAX
                inner_html=call.typed_content("message")
                aria-describedby=message_error
                aria-invalid=call.invalid("message")
                on:input=move |event| message.set(event_target_value(&event))
            ></textarea>
        </FormField>
        <div
            class="preview"
            data-testid="message-preview"
            hidden=derived(move || title.with(String::is_empty) && message.with(String::is_empty))
        >
            <span class="secondary">"Preview"</span>
            <div class="toast">
                <div>
                    <strong {..live_text(move || title.get())}></strong>
                    <p {..live_text(move || message.get())}></p>
                </div>
            </div>
        </div>
        <FormError call fields=&["username", "title", "message"] />
    }
}

/// Random parts of keys are below this: whole numbers that a double holds exactly.
const RANDOM_MAX: f64 = (1_u64 << 53) as f64;

/// The key of the next message: the same press sent twice is one message. The server's rendering makes the first key; the browser makes
/// another one once a message was sent with it, and keeps it where no answer came, since that message may have been sent.
fn message_key(call: FormCall, prefix: &'static str) -> Signal<String> {
    let RenderingKey(rendering) = use_context().unwrap_or_default();
    let key = RwSignal::new(call.typed("key").unwrap_or_else(|| format!("{prefix}-{rendering}")));
    let used = |error: &Option<Error>| error.as_ref().is_some_and(|error| error.kind == Kind::Conflict);
    effect(move || {
        if call.response.with(Option::is_some) || call.error.with(used) {
            // Whole numbers: text of a fraction would cost 14 KB of WebAssembly (docs/weight.md).
            let (now, chance) = (js_sys::Date::now() as u64, (js_sys::Math::random() * RANDOM_MAX) as u64);
            key.set(format!("{prefix}-{now}-{chance}"));
        }
    });
    key.into()
}
