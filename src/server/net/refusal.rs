//! What a request or a connection gets that the limits and deadlines refuse: one line of JSON, as from every route, and `retry-after`.

use axum::{
    http::{
        HeaderName, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};

/// The type of the line.
const JSON: &str = "application/json";

/// Seconds after which the client may try again.
const RETRY_AFTER_SECONDS: &str = "5";

/// A refusal.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    status: StatusCode,
    /// As in [`crate::model::error::Kind`], which has no kind for what never reaches a route.
    kind: &'static str,
    error: &'static str,
}

impl Refusal {
    pub const FULL: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        kind: "unavailable",
        error: "too many open connections; try again in some seconds",
    };
    pub const CONNECTIONS_OF_ADDRESS: Self = Self {
        status: StatusCode::TOO_MANY_REQUESTS,
        kind: "too_many",
        error: "too many open connections from this address; close another one first",
    };
    pub const REQUESTS_OF_ADDRESS: Self = Self {
        status: StatusCode::TOO_MANY_REQUESTS,
        kind: "too_many",
        error: "too many open requests from this address; try again in some seconds",
    };
    pub const BODY_LATE: Self =
        Self { status: StatusCode::REQUEST_TIMEOUT, kind: "timed_out", error: "the request's body did not come in time" };
    pub const ANSWER_LATE: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        kind: "unavailable",
        error: "the answer takes too long; try again in some seconds",
    };

    /// With those that the router gives every response, as far as one line of JSON needs them.
    fn headers(self) -> [(HeaderName, &'static str); 5] {
        [
            (CONTENT_TYPE, JSON),
            (RETRY_AFTER, RETRY_AFTER_SECONDS),
            (CACHE_CONTROL, "no-store"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        ]
    }

    fn line(self) -> String {
        format!("{{\"error\":\"{}\",\"kind\":\"{}\"}}", self.error, self.kind)
    }

    /// The response in HTTP/1.1, for a connection that is not served: it ends after that.
    pub fn bytes(self) -> Vec<u8> {
        let line = self.line();
        let headers: String = self.headers().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("HTTP/1.1 {}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{line}", self.status, line.len()).into_bytes()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, self.headers(), self.line()).into_response()
    }
}
