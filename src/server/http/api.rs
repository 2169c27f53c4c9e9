//! What surrounds the server functions: who may call them from where, in which form, and what a refusal looks like.

use crate::{
    model::error::{Error, Kind},
    server::AppState,
};
use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use serde_json::Value;

/// The largest request body that is read, in bytes.
pub const BODY_MAX: usize = 64 * 1024;

/// `/api/<name>`: finds the server function of that name and calls it. Takes forms and JSON alike.
pub async fn call(State(app): State<AppState>, request: Request) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let function = leptos::server_fn::axum::get_server_fn_service(parts.uri.path(), parts.method.clone());
    if function.is_none() {
        return Err(Error::new(Kind::NotFound, "there is no such function (or not with this method)"));
    }
    let mut body = read(body).await?;
    if parts.headers.get(CONTENT_TYPE).is_some_and(is_json) {
        body = form(&body)?.into();
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        parts.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let request = Request::from_parts(parts, Body::from(body));
    let response = leptos_axum::handle_server_fns_with_context(move || provide_context(app.clone()), request).await.into_response();
    with_status(response).await
}

/// The whole body, or a refusal where it is larger than [`BODY_MAX`].
pub async fn read(body: Body) -> Result<Bytes, Error> {
    to_bytes(body, BODY_MAX).await.map_err(|_| Error::new(Kind::TooLarge, format!("the request is larger than {BODY_MAX} bytes")))
}

fn is_json(content_type: &HeaderValue) -> bool {
    content_type.to_str().is_ok_and(|text| text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json"))
}

/// A JSON object as the form that says the same. `null` is the same as not there.
fn form(json: &[u8]) -> Result<String, Error> {
    let unreadable = |why: &dyn std::fmt::Display| Error::new(Kind::Malformed, format!("the body is no JSON object: {why}"));
    let Value::Object(mut fields) = serde_json::from_slice(json).map_err(|error| unreadable(&error))? else {
        return Err(unreadable(&"something else"));
    };
    fields.retain(|_, value| !value.is_null());
    serde_qs::to_string(&fields).map_err(|error| unreadable(&error))
}

/// leptos answers every refusal with 500; ours say themselves which status they are. A form's way back loses the empty query that
/// leptos leaves where it took an old error away.
async fn with_status(mut response: Response) -> Result<Response, Error> {
    let back = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| to.strip_suffix('?'));
    if let Some(back) = back.and_then(|back| HeaderValue::from_str(back).ok()) {
        response.headers_mut().insert(LOCATION, back);
    }
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return Ok(response);
    }
    let body = read(response.into_body()).await?;
    Err(serde_json::from_slice(&body).unwrap_or_else(|_| Error::new(Kind::Internal, String::from_utf8_lossy(&body))))
}

/// Refuses a request that changes something and that a page of another origin sent: a browser says where it comes from, in
/// `Sec-Fetch-Site` or, where that is missing, in `Origin`. Programs send neither and are let through: they have no ambient cookies.
pub async fn same_origin(request: Request, next: Next) -> Result<Response, Error> {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe || is_same_origin(request.headers(), request.uri()) {
        return Ok(next.run(request).await);
    }
    Err(Error::new(Kind::Forbidden, "this request came from another site"))
}

fn is_same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    // HTTP/2 has the host in the URI.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|authority| authority.as_str()));
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_same_origin(&headers, &Uri::from_static("/api/x"))
    }

    #[test]
    fn only_a_foreign_page_is_refused() {
        assert!(judged(&[("host", "a.example")]), "curl");
        assert!(judged(&[("host", "a.example"), ("sec-fetch-site", "same-origin")]));
        assert!(judged(&[("host", "a.example"), ("sec-fetch-site", "none")]));
        assert!(judged(&[("host", "a.example:3000"), ("origin", "http://A.example:3000")]));
        assert!(!judged(&[("host", "a.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!judged(&[("host", "a.example"), ("sec-fetch-site", "same-site"), ("origin", "http://a.example")]));
        assert!(!judged(&[("host", "a.example"), ("origin", "http://b.example")]));
        assert!(!judged(&[("host", "a.example"), ("origin", "http://a.example:81")]));
        assert!(!judged(&[("host", "a.example"), ("origin", "null")]));
    }

    #[test]
    fn json_says_what_a_form_says() {
        let said = form(br#"{"order_id": "7", "all": true, "items": {"mug": 2}, "none": null}"#).unwrap();
        let mut fields: Vec<_> = said.split('&').collect();
        fields.sort_unstable();
        assert_eq!(fields.len(), 3, "{said}");
        assert!(fields[0] == "all=true" && fields[2] == "order_id=7", "{said}");
        assert!(form(b"[1]").is_err() && form(b"{").is_err());
    }
}
