//! `/api/<name>`: finds the server function and calls it; takes forms and JSON; gives a refusal the status of its kind. Who sends a browser's
//! form is redirected back to its page ([`form_post`](super::form_post)); everybody else gets JSON, whatever their `accept` says.

use super::{
    arguments::Arguments,
    body,
    error_response::method_not_allowed,
    form_post::{FormPost, Outcome, Pages},
    sessions::AuthSession,
};
use crate::{
    model::error::{Error, Kind},
    server::AppState,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue, Method, StatusCode,
        header::{ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, REFERER},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use leptos::{
    prelude::provide_context,
    server_fn::{
        axum::{get_server_fn_service, server_fn_paths},
        redirect::REDIRECT_HEADER,
    },
};

/// Calls the server function of that path and method. 404 where there is none of that name, 405 where its method is another.
pub async fn call(State(app): State<AppState>, Extension(pages): Extension<Pages>, auth: AuthSession, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let method = parts.method.clone();
    if method == Method::HEAD {
        // Answered as GET is, without the body (RFC 9110, section 9.3.2).
        parts.method = Method::GET;
    }
    if get_server_fn_service(parts.uri.path(), parts.method.clone()).is_none() {
        return match server_fn_paths().find(|(path, _)| *path == parts.uri.path()) {
            Some((_, Method::GET)) => ([(ALLOW, "GET,HEAD")], method_not_allowed(&method)).into_response(),
            Some((_, allowed)) => ([(ALLOW, allowed.to_string())], method_not_allowed(&method)).into_response(),
            None => no_such_function().into_response(),
        };
    }
    let form_post = FormPost::of(&parts, &auth, &app, &pages);
    // leptos would redirect whoever accepts HTML to the `referer`, wherever that leads; and a GET too, which would show another site whether
    // somebody is signed in.
    parts.headers.remove(ACCEPT);
    parts.headers.remove(REFERER);
    let arguments = read(&mut parts, body).await;
    let Some(form_post) = form_post else {
        return match arguments {
            Ok(arguments) => run(&app, parts, &arguments).await.map(Outcome::into_json).into_response(),
            Err(refusal) => refusal.into_response(),
        };
    };
    match arguments {
        Ok(arguments) => {
            let outcome = if form_post.only_keeps() { Err(Error::signed_out()) } else { run(&app, parts, &arguments).await };
            form_post.answer(&app, &arguments, outcome).await
        }
        Err(refusal) => form_post.answer(&app, &Arguments::default(), Err(refusal)).await,
    }
}

/// The error where there is no server function of that name.
pub fn no_such_function() -> Error {
    Error::new(Kind::NotFound, "there is no such function")
}

/// The arguments, of a query where it is a GET. Leaves the request without a body.
async fn read(parts: &mut Parts, body: Body) -> Result<Arguments, Error> {
    let function = parts.uri.path().trim_start_matches("/api/");
    if parts.method == Method::GET {
        return Arguments::of_form(function, parts.uri.query().unwrap_or_default().as_bytes());
    }
    let body = body::read(body).await?;
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Arguments::of_json(function, &body),
        "multipart/form-data" => Err(Error::new(Kind::Malformed, "a form is sent as application/x-www-form-urlencoded here")),
        // Programs often do not say it.
        _ => Arguments::of_form(function, &body),
    }
}

/// Runs the server function. leptos answers every refusal with 500; the error in its body knows its status.
async fn run(app: &AppState, mut parts: Parts, arguments: &Arguments) -> Result<Outcome, Error> {
    let form = Bytes::from(arguments.to_form());
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    parts.headers.insert(CONTENT_LENGTH, form.len().into());
    let request = Request::from_parts(parts, Body::from(form));
    let app = app.clone();
    let response = leptos_axum::handle_server_fns_with_context(move || provide_context(app.clone()), request).await.into_response();
    let (mut parts, body) = response.into_parts();
    let body = body::read(body).await?;
    if parts.status == StatusCode::INTERNAL_SERVER_ERROR {
        return Err(serde_json::from_slice(&body).unwrap_or_else(|_| Error::new(Kind::Internal, String::from_utf8_lossy(&body))));
    }
    parts.headers.remove(HeaderName::from_static(REDIRECT_HEADER));
    let redirect = parts.headers.remove(LOCATION).and_then(|to| to.to_str().map(str::to_owned).ok());
    Ok(Outcome { parts, json: body, redirect })
}
