//! `POST /api/push`: other programs push an event to a user.

use super::body;
use crate::{
    model::error::{Error, Kind},
    server::{AppState, store::Push},
};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// 202 with the event's id. 401 for a wrong token, 429 past `--push-rate`, 404 without `--push-token` or for an unknown user, 413 and 422 for an event that cannot
/// be taken.
pub async fn push(State(app): State<AppState>, request: Request) -> Result<Response, Error> {
    let Some(token) = &app.settings.push_token else {
        return Err(Error::new(Kind::NotFound, "pushing is off: the server runs without --push-token"));
    };
    if !bearer_token(request.headers()).is_some_and(|given| constant_time_eq(given.as_bytes(), token.as_bytes())) {
        return Err(Error::new(Kind::SignedOut, "the bearer token is missing or wrong"));
    }
    app.limits.push()?;
    let push = Push::read(&body::read(request.into_body()).await?)?;
    let id = app.push_batcher.append(push).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response())
}

/// The token of `Authorization: Bearer …` (RFC 6750).
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Compares all bytes, so that the time taken does not tell how many were right.
fn constant_time_eq(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len() && given.iter().zip(token).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
