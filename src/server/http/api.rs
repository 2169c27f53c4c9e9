//! `/api/<name>`: finds the server function and calls it; takes forms and JSON; gives a refusal the status of its kind.

use super::{body, error_response::method_not_allowed};
use crate::{
    model::error::{Error, Kind},
    server::AppState,
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};
use leptos::{
    prelude::provide_context,
    server_fn::axum::{get_server_fn_service, server_fn_paths},
};
use serde_json::Value;

/// Calls the server function of that path and method. 404 where there is none of that name, 405 where its method is another.
pub async fn call(State(app): State<AppState>, request: Request) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    if get_server_fn_service(parts.uri.path(), parts.method.clone()).is_none() {
        return match server_fn_paths().find(|(path, _)| *path == parts.uri.path()) {
            Some((_, method)) => Ok(([(ALLOW, method.to_string())], method_not_allowed(&parts.method)).into_response()),
            None => Err(Error::new(Kind::NotFound, "there is no such function")),
        };
    }
    let mut body = body::read(body).await?;
    if parts.headers.get(CONTENT_TYPE).is_some_and(is_json) {
        body = form(&body)?.into();
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        parts.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let request = Request::from_parts(parts, Body::from(body));
    let response = leptos_axum::handle_server_fns_with_context(move || provide_context(app.clone()), request).await.into_response();
    with_status(response).await
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::new(Kind::Internal, error.to_string())
}

fn is_json(content_type: &HeaderValue) -> bool {
    content_type.to_str().is_ok_and(|text| text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json"))
}

/// A JSON object as the form with the same fields. A field that is `null` is left out.
fn form(json: &[u8]) -> Result<String, Error> {
    let malformed = |why: &dyn std::fmt::Display| Error::new(Kind::Malformed, format!("the body is no JSON object: {why}"));
    let Value::Object(mut fields) = serde_json::from_slice(json).map_err(|error| malformed(&error))? else {
        return Err(malformed(&"it is another type"));
    };
    fields.retain(|_, value| !value.is_null());
    serde_qs::to_string(&fields).map_err(|error| malformed(&error))
}

/// leptos answers every refusal with 500; the error in its body knows its status. And it leaves an empty query on the address that a form
/// is redirected to, where it took an earlier error out.
async fn with_status(mut response: Response) -> Result<Response, Error> {
    let target = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| to.strip_suffix('?'));
    if let Some(target) = target.and_then(|target| HeaderValue::from_str(target).ok()) {
        response.headers_mut().insert(LOCATION, target);
    }
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return Ok(response);
    }
    let body = body::read(response.into_body()).await?;
    Err(serde_json::from_slice(&body).unwrap_or_else(|_| internal(String::from_utf8_lossy(&body))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_the_form_with_the_same_fields() {
        let text = form(br#"{"order_id": "7", "all": true, "items": {"mug": 2}, "none": null}"#).unwrap();
        let mut fields: Vec<_> = text.split('&').collect();
        fields.sort_unstable();
        assert_eq!(fields.len(), 3, "{text}");
        assert!(fields[0] == "all=true" && fields[2] == "order_id=7", "{text}");
        assert!(form(b"[1]").is_err() && form(b"{").is_err());
    }
}
