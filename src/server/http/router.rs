//! Routes, and the layers around them.

use super::{api, auth, events, health, push};
use crate::{
    app,
    model::error::{Error, Kind},
    server::AppState,
};
use axum::{
    Router,
    body::HttpBody,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use leptos::{context::provide_context, prelude::*};
use leptos_axum::{LeptosRoutes, file_and_error_handler, generate_route_list, render_route_with_context};
use tower_http::{
    compression::CompressionLayer,
    services::ServeDir,
    set_header::SetResponseHeaderLayer,
    trace::{DefaultOnFailure, TraceLayer},
};
use tracing::Level;

/// A file whose name has its content's hash in it never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A page is a person's own, and looks different a moment later.
const FRESH: HeaderValue = HeaderValue::from_static("private, no-cache");

/// All routes. `shell` renders the document around the app.
pub fn router<V: IntoView + 'static>(app: AppState, shell: fn(LeptosOptions) -> V) -> Router {
    let options = app.leptos.clone();
    let secure = app.settings.tls_cert.is_some();
    let sessions = app.sessions.layer(app.store.clone(), secure, app.settings.session);
    let context = {
        let app = app.clone();
        move || provide_context(app.clone())
    };
    let document = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let routes = generate_route_list(app::App);
    // Not `leptos_routes`, which would add the server functions as well, past [`api::call`].
    let pages = Router::new()
        .leptos_routes_with_handler(routes.clone(), render_route_with_context::<AppState, _>(routes, context, document))
        .layer(from_fn(redirected))
        .layer(if_missing(header::CACHE_CONTROL, FRESH));
    let site = ServeDir::new(&*options.site_root).precompressed_br().precompressed_gzip();
    let pkg = Router::new().fallback_service(site);
    let pkg = if options.hash_files { pkg.layer(from_fn(cache_found)) } else { pkg };

    Router::new()
        .route("/events", get(events::events))
        .route("/api/{name}", any(api::call))
        .merge(pages)
        .layer(sessions)
        .layer(from_fn(auth::keep_cookie))
        .layer(from_fn(sessions_away))
        .route("/api/push", post(push::push).fallback(method_not_allowed))
        .layer(from_fn(api::same_origin))
        .route("/healthz", get(health::health))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route_service(&format!("/{}/{{*file}}", options.site_pkg_dir), pkg)
        .fallback(file_and_error_handler::<AppState, _>(shell))
        .layer(CompressionLayer::new())
        .layer(if_missing(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(if_missing(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")))
        .layer(if_missing(header::REFERRER_POLICY, HeaderValue::from_static("same-origin")))
        // Being full or stopping is no error; what is has been logged where it happened.
        .layer(TraceLayer::new_for_http().on_failure(DefaultOnFailure::new().level(Level::WARN)))
        .with_state(app)
}

fn if_missing(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, value)
}

/// The layers of sessions answer with nothing where they cannot be read; the database is away, and comes back.
async fn sessions_away(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match response.status() {
        StatusCode::INTERNAL_SERVER_ERROR if response.body().size_hint().exact() == Some(0) => auth::broken("no answer").into_response(),
        _ => response,
    }
}

/// A page that leads elsewhere says so to everyone; leptos does only where the request asks for HTML by name.
async fn redirected(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::OK && response.headers().contains_key(header::LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

/// Only what was found may be kept: a page of an older build asks for files that are gone.
async fn cache_found(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() {
        response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    }
    response
}

async fn method_not_allowed() -> Error {
    Error::new(Kind::NotFound, "push with POST")
}
