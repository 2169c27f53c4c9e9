//! One log line for each request: its id, who asked, what for, the answer's status, and how long it took. No query, no body, no secret.
//!
//! An event stream's line is written when it opens.

use super::sessions::AuthSession;
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use metrics::{Counter, Histogram, counter, histogram};
use std::{
    sync::{Arc, LazyLock, OnceLock},
    time::Instant,
};

/// The request's id, in the answer too. One that a proxy has given is kept.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is kept, in bytes.
const ID_MAX: usize = 64;

/// How many characters of a method and of a path are logged: a stranger may send thousands.
const LOGGED_MAX: usize = 256;

/// Who asks, once the session is known.
#[derive(Clone, Default)]
struct Asker(Arc<OnceLock<String>>);

/// Handles are made once: looking a metric up by its name costs more than what is counted.
static METRICS: LazyLock<RequestMetrics> = LazyLock::new(|| RequestMetrics {
    answered: ["2xx", "3xx", "4xx", "5xx"].map(|class| counter!("orderwire_requests_total", "status" => class)),
    seconds: histogram!("orderwire_request_seconds"),
});

struct RequestMetrics {
    /// By the class of the status.
    answered: [Counter; 4],
    seconds: Histogram,
}

/// It tells requests apart and is no secret: the system is not asked for randomness.
fn new_id() -> String {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid().to_string()
}

/// Writes the line. The outermost layer.
pub async fn log_request(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request.headers().get(REQUEST_ID).and_then(kept_id).unwrap_or_else(new_id);
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let logged = |text: &str| text.chars().take(LOGGED_MAX).collect::<String>();
    let (method, path) = (logged(request.method().as_str()), logged(request.uri().path()));
    let mut response = next.run(request).await;
    let (status, seconds) = (response.status(), begun.elapsed().as_secs_f64());
    METRICS.answered[usize::from(status.as_u16() / 100).clamp(2, 5) - 2].increment(1);
    METRICS.seconds.record(seconds);
    let user = asker.0.get().map_or("-", String::as_str);
    let milliseconds = (seconds * 10_000.0).round() / 10.0;
    tracing::info!(target: "orderwire::request", id, user, %method, path, status = status.as_u16(), milliseconds);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Notes who asks. Within the layer of sessions.
pub async fn note_user(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let (Some(asker), Some(auth)) = (extensions.get::<Asker>(), extensions.get::<AuthSession>())
        && let Some(account) = &auth.user
    {
        // Only the first layer that knows it says so.
        let _ = asker.0.set(account.user.username.clone());
    }
    next.run(request).await
}

/// An id that cannot forge a line.
fn kept_id(value: &HeaderValue) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let text = value.to_str().ok()?;
    (!text.is_empty() && text.len() <= ID_MAX && text.bytes().all(is_plain)).then(|| text.to_owned())
}
