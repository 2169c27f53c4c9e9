//! Forms that call server functions. Without JavaScript the browser submits them, and the page that it is redirected to shows what became of
//! it ([`Flash`]); with JavaScript they are sent in the background, and the response is shown in place.
//!
//! Not Leptos' `ActionForm`: each of those brings the client of its server function into the WebAssembly, while these share one
//! (docs/weight.md has the figures).

use super::derived::derived;
use super::focus::hidden_without_focus;
use crate::{
    browser::{effect, fetch},
    model::{error::Error, flash::Flash},
};
use leptos::{ev::SubmitEvent, html::P, prelude::*, server_fn::ServerFn, task::spawn_local};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, HtmlInputElement, UrlSearchParams};

/// Marks a form whose request is pending: it takes no other press until then. Its buttons are not disabled, since a disabled button loses
/// the focus. Where the mark is taken away meanwhile, nobody waits for the answer any more, and a refusal is not told.
///
/// An order's form takes the next press once it shows another version than the one that was sent: an event may come before the answer.
pub const PENDING: &str = "aria-busy";

/// The version that a pending form was sent with, if it is an order's.
const PENDING_VERSION: &str = "data-version";

/// Selects what holds a part of a message: such a field is `required`, and so valid only then.
const WRITTEN: &str = "form [name=title]:valid, form [name=message]:valid";

/// The state of the forms that call one server function. Copies share it.
#[derive(Clone, Copy)]
pub struct FormCall {
    /// For what was typed: a form is sent to its `action`.
    path: &'static str,
    /// Why the last request was refused; `None` after one that succeeded.
    pub error: RwSignal<Option<Error>>,
    /// The body of the last response, as JSON; `None` after a refused request.
    pub response: RwSignal<Option<String>>,
}

impl FormCall {
    /// The state for server function `S`. On the server it starts with the refusal of a form that the browser sent, unless a row shows that.
    pub fn new<S: ServerFn<Error = Error>>() -> Self {
        let error = flash(|flash| flash.error.clone().filter(|_| flash.function == S::PATH && flash.row.is_none()));
        Self { path: S::PATH, error: RwSignal::new(error), response: RwSignal::new(None) }
    }

    /// The state of forms that call any server function, each that of its `action`. On the server it starts with the refusal of a form that the
    /// browser sent, unless a row shows that.
    pub fn any() -> Self {
        let error = flash(|flash| flash.error.clone().filter(|_| flash.row.is_none()));
        Self { path: "", error: RwSignal::new(error), response: RwSignal::new(None) }
    }

    /// The same for the row `id` of a list: the responses are shared, the error is the row's own and can be shown there.
    pub fn for_row(self, id: &str) -> Self {
        let error = flash(|flash| flash.error.clone().filter(|_| flash.row.as_deref() == Some(id)));
        self.with_error(RwSignal::new(error))
    }

    /// The same with an error that other forms share.
    pub fn with_error(self, error: RwSignal<Option<Error>>) -> Self {
        Self { error, ..self }
    }

    /// On the server, what was typed into the field of a form that was refused. In the browser `None`: the field holds it already.
    pub fn typed(self, field: &str) -> Option<String> {
        flash(|flash| {
            let of_field = |(name, value): &(String, String)| (name == field).then(|| value.clone());
            flash.typed.iter().filter(|_| flash.function == self.path).find_map(of_field)
        })
    }

    /// Likewise, as the content of a `<textarea>`. A browser drops its first line end (HTML standard, section 13.2.6.4.7).
    pub fn typed_content(self, field: &str) -> Option<String> {
        self.typed(field).map(|text| format!("\n{}", escape(&text)))
    }

    /// Whether the last request was refused because of `field`, for `aria-invalid`.
    pub fn invalid(self, field: &'static str) -> Signal<String> {
        let concerns = move |error: &Option<Error>| error.as_ref().is_some_and(|error| error.field.as_deref() == Some(field));
        derived(move || self.error.with(concerns).to_string())
    }

    /// Sends the form that was submitted.
    pub fn submit(self, event: SubmitEvent) {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let fields = form.as_ref().and_then(|form| FormData::new_with_form(form).ok());
        let fields = fields.and_then(|fields| UrlSearchParams::new_with_str_sequence_sequence(&fields).ok());
        // A browser that cannot do this submits the form itself.
        let (Some(form), Some(fields)) = (form, fields) else { return };
        event.prevent_default();
        let version = fields.get("version").unwrap_or_default();
        if is_pending(&form, &version) {
            return;
        }
        let _ = form.set_attribute(PENDING, "true");
        let _ = form.set_attribute(PENDING_VERSION, &version);
        let path = form.get_attribute("action").unwrap_or_default();
        let sent = SentValues::of(&form);
        spawn_local(async move {
            let result = fetch::post(&path, &fields).await;
            let is_awaited = is_pending(&form, &version);
            if is_awaited {
                let _ = form.remove_attribute(PENDING);
            }
            // The row or the island may be gone by now, and its signals with it: then nobody is left to tell.
            match result {
                Ok(response) => {
                    sent.reset();
                    if is_awaited {
                        self.error.try_set(None);
                    }
                    self.response.try_set(Some(response));
                }
                Err(_) if !is_awaited => {}
                Err(error) => {
                    self.response.try_set(None);
                    self.error.try_set(Some(error));
                }
            }
        });
    }
}

fn is_pending(form: &HtmlFormElement, version: &str) -> bool {
    form.has_attribute(PENDING) && form.get_attribute(PENDING_VERSION).as_deref() == Some(version)
}

/// Where a message is being written, gives it to the server to keep until the user has signed in again: the browser leaves the page, and is
/// redirected to the sign-in page. The message is not sent. Returns whether there is one.
pub fn keep_message() -> bool {
    let field = document().query_selector(WRITTEN).ok().flatten();
    let form = field.and_then(|field| field.closest("form").ok().flatten());
    let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else { return false };
    form.set_action(&(form.action() + "?keep"));
    form.submit().is_ok()
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
    ///
    /// A text field becomes empty and a number 0, not what they held at first: that may be what was typed before, from a [`Flash`].
    fn reset(self) {
        for (control, value, checked) in self.0 {
            match control.type_().as_str() {
                "checkbox" if control.checked() == checked => control.set_checked(false),
                "checkbox" | "hidden" => {}
                _ if control.value() != value => {}
                "number" => control.set_value("0"),
                _ => control.set_value(""),
            }
        }
    }
}

/// A text as the content of an element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// On the server, reads from the flash that this rendering shows, if it has one.
fn flash<T>(read: impl Fn(&Flash) -> Option<T>) -> Option<T> {
    if cfg!(feature = "ssr") { use_context::<Flash>().as_ref().and_then(read) } else { None }
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

/// Always in the page, and hidden while there is no error that `concerns` it. What the server rendered into it stays until the next
/// response: the browser does not know of it, and so sets the text itself instead of by comparing it with the one before.
fn error_message(
    class: &'static str,
    id: Option<String>,
    concerns: impl Fn(&Error) -> bool + Copy + Send + Sync + 'static,
    call: FormCall,
) -> impl IntoView {
    let text = move |error: &Option<Error>| error.as_ref().filter(|error| concerns(error)).map(|error| error.error.clone());
    // In the browser, a row that is made anew has no error yet.
    let first = if cfg!(feature = "ssr") { call.error.with_untracked(text).unwrap_or_default() } else { String::new() };
    let hidden = first.is_empty();
    let (node, is_rendered) = (NodeRef::<P>::new(), Cell::new(false));
    effect(move || {
        let text = call.error.with(text).unwrap_or_default();
        if let (true, Some(node)) = (is_rendered.replace(true), node.get_untracked())
            && !(text.is_empty() && node.hidden())
        {
            node.set_hidden(text.is_empty());
            node.set_text_content(Some(&text));
        }
    });
    view! {
        <p node_ref=node class=class id=id role="alert" hidden=hidden inner_html=escape(&first)></p>
    }
}
