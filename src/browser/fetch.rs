//! Requests that a page makes: one small client for every form and for snapshots.
//!
//! Promises: an answer is the text of it, a refusal the server's own, and a server that cannot be reached is a refusal too.

use super::{json, page_state::PageState};
use crate::model::{
    error::{Error, Kind},
    filter::Filter,
    snapshot::Snapshot,
};
use leptos::prelude::{WithValue, document, set_timeout, window};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, DocumentFragment, Headers, HtmlTemplateElement, RequestInit, Response, UrlSearchParams};

/// How long a server may take to answer; after that it counts as unreachable.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Sends a form's fields to a server function.
pub async fn post(path: &str, fields: &UrlSearchParams) -> Result<String, Error> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(fields);
    send(path, &init).await
}

/// Reads from a server function.
pub async fn get(path: &str) -> Result<String, Error> {
    send(path, &RequestInit::new()).await
}

/// The page of that HTML. It is inert: nothing in it is loaded or run.
pub fn parse_page(html: &str) -> Option<DocumentFragment> {
    let template: HtmlTemplateElement = document().create_element("template").ok()?.dyn_into().ok()?;
    template.set_inner_html(html);
    Some(template.content())
}

/// What the page shows, as it is now.
pub async fn snapshot(page_state: PageState) -> Result<Snapshot, Error> {
    let query = page_state.filter.with_value(Filter::query);
    let text = get(&format!("/api/snapshot{query}")).await?;
    json::read(&text).ok_or_else(unreadable)
}

/// The refusal that an answer is which is not what was asked for.
pub fn unreadable() -> Error {
    Error::new(Kind::Internal, "the server's answer cannot be read")
}

async fn send(path: &str, init: &RequestInit) -> Result<String, Error> {
    let (status, text) = ask(path, init).await.map_err(|_| Error::new(Kind::Unavailable, "the server cannot be reached; try again"))?;
    match status {
        200..=299 => Ok(text),
        _ => Err(json::read(&text).unwrap_or_else(|| Error::new(Kind::Internal, format!("the server answered {status}")))),
    }
}

async fn ask(path: &str, init: &RequestInit) -> Result<(u16, String), JsValue> {
    let headers = Headers::new()?;
    // Else the server takes it for a form without JavaScript, and sends it back to its page.
    headers.set("accept", "application/json")?;
    init.set_headers(&headers);
    let abort = AbortController::new()?;
    init.set_signal(Some(&abort.signal()));
    set_timeout(move || abort.abort(), REQUEST_TIMEOUT);
    let answer: Response = JsFuture::from(window().fetch_with_str_and_init(path, init)).await?.dyn_into()?;
    let text = JsFuture::from(answer.text()?).await?;
    Ok((answer.status(), text.as_string().unwrap_or_default()))
}
