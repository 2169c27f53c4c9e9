//! The Content Security Policy (CSP Level 3): what a browser may load and run for a response.
//!
//! Promises: a page runs the scripts that the server wrote into it, by a nonce that is another one for each response, and what they import;
//! nothing else, and no `eval` but WebAssembly's. It loads from this site only, sends forms to this site only, and stands in no frame. A
//! response that is no page runs and loads nothing.

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

/// For whatever is no page. It has no script; what a tool runs in it, as a browser test does, may ask this site.
const NOTHING: HeaderValue =
    HeaderValue::from_static("default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// Set by `cargo leptos watch`, whose page reloads itself over a WebSocket at another port.
const WATCHED: &str = "LEPTOS_WATCH";

/// Gives a request its nonce, as an extension, and the response the policy that goes with it. The rendering puts the nonce into its context, in
/// place of leptos' own, and leptos into the scripts that it writes.
pub async fn set_policy(mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let mut response = next.run(request).await;
    let policy = if is_page(response.headers()) { page_policy(&nonce) } else { NOTHING };
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Whether it is HTML.
pub fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("text/html"))
}

fn page_policy(nonce: &Nonce) -> HeaderValue {
    let watch = if std::env::var_os(WATCHED).is_some() { " ws:" } else { "" };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; manifest-src 'self'; \
         connect-src 'self'{watch}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(NOTHING)
}
