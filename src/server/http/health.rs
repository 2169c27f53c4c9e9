//! For those who run the program: is it alive, can it serve, what does it do.

use crate::{model::error::Error, server::AppState};
use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};

/// `GET /healthz`: the program runs.
pub async fn health() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}

/// `GET /readyz`: the database answers. 503 with the reason otherwise. Where Redis carries the notifier, a second line says whether it does;
/// an instance whose bell is not relay_status serves all the same, and to take it from its readers for that would cost more.
pub async fn ready(State(app): State<AppState>) -> Result<impl IntoResponse, Error> {
    app.store.ready().await?;
    let relay = match app.relay_status.as_ref().map(|relay_status| relay_status.borrow().clone()) {
        None => String::new(),
        Some(Ok(())) => "redis: carries the notifier\n".into(),
        Some(Err(why)) => format!("redis: away ({why}); others' events come with a delay\n"),
    };
    Ok(([(CACHE_CONTROL, "no-store")], format!("ready\n{relay}")))
}

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(State(app): State<AppState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4"), (CACHE_CONTROL, "no-store")], app.metrics.render())
}
