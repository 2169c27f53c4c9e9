//! Forms that call server functions. Without JavaScript the browser submits them; with it they are sent in the background, and the
//! response is shown in place.
//!
//! Not Leptos' `ActionForm`: each of those brings the client of its server function into the WebAssembly, while these share one
//! (docs/weight.md has the figures).

use super::{focus::hidden_without_focus, live_text::live_text};
use crate::{browser::fetch, model::error::Error};
use leptos::{
    ev::SubmitEvent,
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
    task::spawn_local,
};
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, HtmlInputElement, UrlSearchParams};

/// Marks a form whose request is pending: it takes no other press until then. Its buttons are not disabled, since a disabled button loses
/// the focus.
const PENDING: &str = "aria-busy";

/// The state of the forms that call one server function. Copies share it.
#[derive(Clone, Copy)]
pub struct FormCall {
    path: &'static str,
    /// Why the last request was refused; `None` after one that succeeded.
    pub error: RwSignal<Option<Error>>,
    /// The body of the last response, as JSON; `None` after a refused request.
    pub response: RwSignal<Option<String>>,
}

impl FormCall {
    /// The state for server function `S`. On the server it starts with the error that a form without JavaScript was redirected back with.
    pub fn new<S: ServerFn<Error = Error>>() -> Self {
        let error = if cfg!(feature = "ssr") { redirected_error::<S>() } else { None };
        Self { path: S::PATH, error: RwSignal::new(error), response: RwSignal::new(None) }
    }

    /// The same for one row of a list: the responses are shared, the error is the row's own and can be shown there.
    pub fn with_error(self, error: RwSignal<Option<Error>>) -> Self {
        Self { error, ..self }
    }

    /// Whether the last request was refused because of `field`, for `aria-invalid`.
    pub fn invalid(self, field: &'static str) -> Signal<String> {
        let concerns = move |error: &Option<Error>| error.as_ref().is_some_and(|error| error.field.as_deref() == Some(field));
        Signal::derive(move || self.error.with(concerns).to_string())
    }

    fn submit(self, event: SubmitEvent) {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let fields = form.as_ref().and_then(|form| FormData::new_with_form(form).ok());
        let fields = fields.and_then(|fields| UrlSearchParams::new_with_str_sequence_sequence(&fields).ok());
        // A browser that cannot do this submits the form itself.
        let (Some(form), Some(fields)) = (form, fields) else { return };
        event.prevent_default();
        if form.has_attribute(PENDING) {
            return;
        }
        let _ = form.set_attribute(PENDING, "true");
        let sent = SentValues::of(&form);
        spawn_local(async move {
            let result = fetch::post(self.path, &fields).await;
            let _ = form.remove_attribute(PENDING);
            // The row or the island may be gone by now, and its signals with it: then nobody is left to tell.
            match result {
                Ok(response) => {
                    sent.reset();
                    self.error.try_set(None);
                    self.response.try_set(Some(response));
                }
                Err(error) => {
                    self.response.try_set(None);
                    self.error.try_set(Some(error));
                }
            }
        });
    }
}

/// What the controls of a form held when it was sent.
struct SentValues(Vec<(HtmlInputElement, String, bool)>);

impl SentValues {
    fn of(form: &HtmlFormElement) -> Self {
        let controls = (0..form.length() as u32).filter_map(|index| form.get_with_index(index));
        // A text area has the members that are used here too.
        let controls = controls.map(JsCast::unchecked_into::<HtmlInputElement>).filter(|control| !control.name().is_empty());
        Self(controls.map(|control| (control.clone(), control.value(), control.checked())).collect())
    }

    /// Resets the controls that still hold what was sent. What the user has entered since then stays. Of a checkbox that is whether it is
    /// checked; its value is the page's, and an event may have changed it before the answer came.
    fn reset(self) {
        for (control, value, checked) in self.0 {
            let as_sent = if control.type_() == "checkbox" { control.checked() == checked } else { control.value() == value };
            if as_sent {
                control.set_value(&control.default_value());
                if checked {
                    control.set_checked(control.default_checked());
                }
            }
        }
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
    let node = NodeRef::new();
    let hidden = hidden_without_focus(node, hidden);
    view! {
        <form node_ref=node id=id method="post" action=call.path hidden=hidden on:submit=move |event| call.submit(event)>
            {children()}
        </form>
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
    error_message("form-error", None, move |error| error.field.as_deref().is_none_or(|field| !fields.contains(&field)), call)
}

/// A labelled field, with its error beside it. The control inside refers to the error by `aria-describedby` and to
/// [`FormCall::invalid`] by `aria-invalid`.
#[component]
pub fn FormField(
    call: FormCall,
    name: &'static str,
    label: &'static str,
    /// The id of the error's element.
    #[prop(into)]
    error_id: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field">
            <label>{label} {children()}</label>
            {error_message("field-error", Some(error_id), move |error| error.field.as_deref() == Some(name), call)}
        </div>
    }
}

/// Always in the page, and hidden while there is no error that `concerns` it: what the server rendered into it stays until the next response.
fn error_message(
    class: &'static str,
    id: Option<String>,
    concerns: impl Fn(&Error) -> bool + Copy + Send + Sync + 'static,
    call: FormCall,
) -> impl IntoView {
    let text = Signal::derive(move || {
        let text = |error: &Option<Error>| error.as_ref().filter(|error| concerns(error)).map(|error| error.error.clone());
        call.error.with(text).unwrap_or_default()
    });
    view! {
        <p
            class=class
            id=id
            role="alert"
            hidden=Signal::derive(move || text.with(String::is_empty))
            {..live_text(move || text.get())}
        ></p>
    }
}
