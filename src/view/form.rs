//! Forms: plain ones, which work without JavaScript. With it they are sent in the background, and what the server says is shown in place.
//!
//! Not leptos' `ActionForm`: each of those brings the client of its server function into the WebAssembly; these share one
//! (docs/weight.md has the figures).

use crate::{browser::fetch, model::error::Error};
use leptos::{
    ev::SubmitEvent,
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
    task::spawn_local,
};
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};

/// What becomes of the forms that call one server function. Copies share it.
#[derive(Clone, Copy)]
pub struct Call {
    path: &'static str,
    /// How many are under way.
    pub pending: RwSignal<usize>,
    /// RetryReason the last one was refused; nothing where it went well.
    pub refusal: RwSignal<Option<Error>>,
    /// What the last one that went well was answered, as JSON.
    pub answer: RwSignal<Option<String>>,
}

impl Call {
    /// Forms for the server function `S`. On the server, it begins with the refusal that a form without JavaScript was sent back with.
    pub fn new<S: ServerFn<Error = Error>>() -> Self {
        let refusal = if cfg!(feature = "ssr") { refused::<S>() } else { None };
        Self { path: S::PATH, pending: RwSignal::new(0), refusal: RwSignal::new(refusal), answer: RwSignal::new(None) }
    }

    fn submit(self, event: SubmitEvent) {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let fields = form.as_ref().and_then(|form| FormData::new_with_form(form).ok());
        let fields = fields.and_then(|fields| UrlSearchParams::new_with_str_sequence_sequence(&fields).ok());
        // A browser that cannot do this sends the form itself.
        let (Some(form), Some(fields)) = (form, fields) else { return };
        event.prevent_default();
        *self.pending.write() += 1;
        spawn_local(async move {
            let answer = fetch::post(self.path, &fields).await;
            // The page may be gone by now.
            if self.pending.try_update(|pending| *pending -= 1).is_none() {
                return;
            }
            match answer {
                Ok(answer) => {
                    form.reset();
                    self.refusal.set(None);
                    self.answer.set(Some(answer));
                }
                Err(refusal) => {
                    self.answer.set(None);
                    self.refusal.set(Some(refusal));
                }
            }
        });
    }
}

fn refused<S: ServerFn<Error = Error>>() -> Option<Error> {
    let told = use_context::<ServerActionError>()?;
    (told.path() == S::PATH).then(|| ServerFnUrlError::<Error>::decode_err(told.err()))
}

/// A form that calls its server function.
#[component]
pub fn Form(
    call: Call,
    /// While true, the form is not there. The focus never goes with it: it moves to the row that the form is in.
    #[prop(optional, into)]
    hidden: Signal<bool>,
    #[prop(optional)] id: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Form>::new();
    let hidden = Signal::derive(move || {
        let hidden = hidden.get();
        if let (true, Some(form)) = (hidden, node.get_untracked()) {
            leave(&form);
        }
        hidden
    });
    view! {
        <form node_ref=node id=id method="post" action=call.path hidden=hidden on:submit=move |event| call.submit(event)>
            {children()}
        </form>
    }
}

/// Moves the focus out of `form`, if it is in there, to the nearest element around it that takes it.
fn leave(form: &HtmlFormElement) {
    let focused = document().active_element();
    if form.contains(focused.as_deref())
        && let Ok(Some(row)) = form.closest("[tabindex]")
        && let Ok(row) = row.dyn_into::<web_sys::HtmlElement>()
    {
        let _ = row.focus();
    }
}

/// RetryReason the last call was refused, where that is not told next to a field. Screen readers announce it.
#[component]
pub fn Refusal(
    call: Call,
    /// The fields of the form that are a [`Field`].
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    said("refusal", move |error| error.field.as_deref().is_none_or(|field| !fields.contains(&field)), call)
}

/// A labelled field, with what is wrong with it beside it.
#[component]
pub fn Field(call: Call, name: &'static str, label: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="field">
            <label>{label} {children()}</label>
            {said("wrong", move |error| error.field.as_deref() == Some(name), call)}
        </div>
    }
}

/// Always there, and shown when there is something to say: what the server wrote into it stays until the next answer.
fn said(class: &'static str, concerns: impl Fn(&Error) -> bool + Copy + Send + Sync + 'static, call: Call) -> impl IntoView {
    let line = Signal::derive(move || {
        let line = |refusal: &Option<Error>| refusal.as_ref().filter(|error| concerns(error)).map(|error| error.error.clone());
        call.refusal.with(line).unwrap_or_default()
    });
    view! {
        <p class=class role="alert" hidden=Signal::derive(move || line.with(String::is_empty))>
            {line}
        </p>
    }
}
