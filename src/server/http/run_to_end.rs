//! A request that changes something runs to its end, even where its client closes the connection in the middle: what follows an act (a session
//! that is saved with the answer, say) is not left undone.

use crate::model::error::{Error, Kind};
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

/// Runs the rest of the request in a task of its own.
pub async fn run_to_end(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Error::new(Kind::Unavailable, "the server is stopping").into_response(),
    }
}
