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
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let again = matches!(self.kind, Kind::TooMany | Kind::Unavailable);
        let seconds = self.retry_after.unwrap_or(RETRY_AFTER_SECONDS);
        let mut response = (status, Json(self)).into_response();
        if again {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Gives a body to the empty 405 of a route that does not have the request's method. The router and the file service set `allow`
/// (RFC 9110, section 15.5.6); the router does so outside of this layer.
pub async fn explain_method_not_allowed(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || response.body().size_hint().exact() != Some(0) {
        return response;
    }
    let mut explained = method_not_allowed(&method).into_response();
    explained.headers_mut().extend(response.headers().get(ALLOW).map(|allow| (ALLOW, allow.clone())));
    explained
}

/// The error where a route does not have this method.
pub fn method_not_allowed(method: &Method) -> Error {
    Error::new(Kind::MethodNotAllowed, format!("{method} is not allowed here; the header 'allow' says what is"))
}
