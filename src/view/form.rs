//! Forms that call server functions. Without JavaScript the browser submits them; with it they are sent in the background, and the
//! response is shown in place.
//!
//! Not Leptos' `ActionForm`: each of those brings the client of its server function into the WebAssembly, while these share one
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

/// The state of the forms that call one server function. Copies share it.
#[derive(Clone, Copy)]
pub struct FormCall {
    path: &'static str,
    /// How many requests are pending.
    pub pending: RwSignal<usize>,
    /// Why the last request was refused; `None` after one that succeeded.
    pub error: RwSignal<Option<Error>>,
    /// The body of the last response, as JSON; `None` after a refused request.
    pub response: RwSignal<Option<String>>,
}

impl FormCall {
    /// The state for server function `S`. On the server it starts with the error that a form without JavaScript was redirected back with.
    pub fn new<S: ServerFn<Error = Error>>() -> Self {
        let error = if cfg!(feature = "ssr") { redirected_error::<S>() } else { None };
        Self { path: S::PATH, pending: RwSignal::new(0), error: RwSignal::new(error), response: RwSignal::new(None) }
    }

    fn submit(self, event: SubmitEvent) {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let fields = form.as_ref().and_then(|form| FormData::new_with_form(form).ok());
        let fields = fields.and_then(|fields| UrlSearchParams::new_with_str_sequence_sequence(&fields).ok());
        // A browser that cannot do this submits the form itself.
        let (Some(form), Some(fields)) = (form, fields) else { return };
        event.prevent_default();
        *self.pending.write() += 1;
        spawn_local(async move {
            let response = fetch::post(self.path, &fields).await;
            // The island may have been removed meanwhile, and its signals with it.
            if self.pending.try_update(|pending| *pending -= 1).is_none() {
                return;
            }
            match response {
                Ok(response) => {
                    form.reset();
                    self.error.set(None);
                    self.response.set(Some(response));
                }
                Err(error) => {
                    self.response.set(None);
                    self.error.set(Some(error));
                }
            }
        });
    }
}

fn redirected_error<S: ServerFn<Error = Error>>() -> Option<Error> {
    let error = use_context::<ServerActionError>()?;
    (error.path() == S::PATH).then(|| ServerFnUrlError::<Error>::decode_err(error.err()))
}

/// A form that calls its server function.
#[component]
pub fn Form(
    call: FormCall,
    /// Hides the form while true. If the focus is in the form, it moves to the row around it instead of getting lost.
    #[prop(optional, into)]
    hidden: Signal<bool>,
    #[prop(optional)] id: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Form>::new();
    let hidden = Signal::derive(move || {
        let hidden = hidden.get();
        if let (true, Some(form)) = (hidden, node.get_untracked()) {
            move_focus_out(&form);
        }
        hidden
    });
    view! {
        <form node_ref=node id=id method="post" action=call.path hidden=hidden on:submit=move |event| call.submit(event)>
            {children()}
        </form>
    }
}

/// If the focus is inside of `form`, moves it to the nearest element around the form that can have it.
fn move_focus_out(form: &HtmlFormElement) {
    let focused = document().active_element();
    if form.contains(focused.as_deref())
        && let Ok(Some(row)) = form.closest("[tabindex]")
        && let Ok(row) = row.dyn_into::<web_sys::HtmlElement>()
    {
        let _ = row.focus();
    }
}

/// Why the last request was refused, unless it is shown beside a field. Screen readers announce it.
#[component]
pub fn FormError(
    call: FormCall,
    /// The fields of the form that are a [`FormField`].
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    error_message("form-error", move |error| error.field.as_deref().is_none_or(|field| !fields.contains(&field)), call)
}

/// A labelled field, with its error beside it.
#[component]
pub fn FormField(call: FormCall, name: &'static str, label: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="field">
            <label>{label} {children()}</label>
            {error_message("field-error", move |error| error.field.as_deref() == Some(name), call)}
        </div>
    }
}

/// Always in the page, and hidden while there is no error that `concerns` it: what the server rendered into it stays until the next response.
fn error_message(class: &'static str, concerns: impl Fn(&Error) -> bool + Copy + Send + Sync + 'static, call: FormCall) -> impl IntoView {
    let text = Signal::derive(move || {
        let text = |error: &Option<Error>| error.as_ref().filter(|error| concerns(error)).map(|error| error.error.clone());
        call.error.with(text).unwrap_or_default()
    });
    view! {
        <p class=class role="alert" hidden=Signal::derive(move || text.with(String::is_empty))>
            {text}
        </p>
    }
}
