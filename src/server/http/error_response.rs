//! Errors as responses: JSON `{"error", "kind", "field"?}` with the status of the kind, on every route and for every method.

use crate::model::error::{Error, Kind};
use axum::{
    Json,
    body::HttpBody,
    extract::Request,
    http::{HeaderValue, StatusCode, header::ALLOW},
    middleware::Next,
    response::{IntoResponse, Response},
};

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

/// The answer to a method that a route does not have, with the methods that it has (`allow`, RFC 9110, section 15.5.6).
pub fn method_not_allowed(allow: HeaderValue) -> Response {
    let methods = String::from_utf8_lossy(allow.as_bytes()).replace(',', ", ");
    ([(ALLOW, allow)], Error::new(Kind::MethodNotAllowed, format!("this address takes {methods} only"))).into_response()
}

/// Gives the empty 405 that axum and the file service answer with its body.
pub async fn explain_method_not_allowed(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match response.headers().get(ALLOW) {
        Some(allow) if response.status() == StatusCode::METHOD_NOT_ALLOWED && response.body().size_hint().exact() == Some(0) => {
            method_not_allowed(allow.clone())
        }
        _ => response,
    }
}
