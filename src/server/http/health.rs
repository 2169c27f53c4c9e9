//! For operators: whether the program lives, whether it can serve, and its metrics.

use crate::{
    model::error::{Error, Kind},
    server::{AppState, telemetry::gauges},
};
use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};

/// `GET /healthz`: the program runs.
pub async fn health() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}

/// `GET /readyz`: the database answers, and neither the writer nor the log tail has failed since it was last seen to work; 503 with the reason
/// otherwise, at once. With `--redis-url`, a second line gives the relay's status. An
/// instance whose relay is disconnected is still ready: its streams get other instances' events a little later, which costs less than
/// taking it out of service.
pub async fn ready(State(app): State<AppState>) -> Result<impl IntoResponse, Error> {
    app.store.ready().await.map_err(|why| Error::new(Kind::Unavailable, format!("not ready: {why}")))?;
    let relay = match app.relay_status.as_ref().map(|status| status.borrow().clone()) {
        None => String::new(),
        Some(Ok(())) => "redis: connected\n".into(),
        Some(Err(why)) => format!("redis: disconnected ({why}); events of other instances come with a delay\n"),
    };
    Ok(([(CACHE_CONTROL, "no-store")], format!("ready\n{relay}")))
}

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(State(app): State<AppState>) -> impl IntoResponse {
    gauges::refresh(&app.store, app.relay_status.as_ref());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4"), (CACHE_CONTROL, "no-store")], app.metrics.render())
}
