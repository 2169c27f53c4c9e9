//! Errors as responses: JSON `{"error", "kind", "field"?, "order"?, "retryAfter"?}` with the status of the kind, on every route and for every method; with
//! `retry-after` where it may work later.

use crate::model::error::{Error, Kind};
use axum::{
    Json,
    body::HttpBody,
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode,
        header::{ALLOW, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Seconds after which a caller may try again, where that may work and the error does not know better.
const RETRY_AFTER_SECONDS: u64 = 5;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, retry_after) = (status(&self), retry_after(&self));
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().extend(retry_after.map(|seconds| (RETRY_AFTER, seconds)));
        response
    }
}

/// The status of the error's kind.
pub fn status(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The value of `retry-after`, where the same may work later.
pub fn retry_after(error: &Error) -> Option<HeaderValue> {
    let again = matches!(error.kind, Kind::TooMany | Kind::Unavailable);
    again.then(|| error.retry_after.unwrap_or(RETRY_AFTER_SECONDS).into())
}

/// Gives a body to the empty 405 of a route that does not have the request's method, and to the empty 404 of the file service. The router
/// and the file service set `allow` (RFC 9110, section 15.5.6); the router does so outside of this layer.
pub async fn explain_empty(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let response = next.run(request).await;
    let error = match response.status() {
        _ if method == Method::HEAD || response.body().size_hint().exact() != Some(0) => return response,
        StatusCode::METHOD_NOT_ALLOWED => method_not_allowed(&method),
        StatusCode::NOT_FOUND => nothing_here(),
        _ => return response,
    };
    let mut explained = error.into_response();
    explained.headers_mut().extend(response.headers().get(ALLOW).map(|allow| (ALLOW, allow.clone())));
    explained
}

/// The error where nothing is at an address.
pub fn nothing_here() -> Error {
    Error::new(Kind::NotFound, "nothing is at this address")
}

/// The error where a route does not have this method.
pub fn method_not_allowed(method: &Method) -> Error {
    Error::new(Kind::MethodNotAllowed, format!("{method} is not allowed here; the header 'allow' says what is"))
}
