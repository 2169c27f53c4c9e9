//! The router: every route, and the layers around it.
//!
//! From the outside in: tracing, security headers, compression, the Origin check, sessions. What needs no session stands outside of that
//! layer, so that it costs no look-up and works while the database is away.

use super::{
    api,
    build_id::build_id,
    csv,
    error_response::{explain_empty, method_not_allowed, nothing_here, retry_after, status},
    events,
    flash::provide_flash,
    form_post::Pages,
    headers, health,
    origin::require_same_origin,
    preferences::provide_preferences,
    push, request_log,
    run_to_end::run_to_end,
    sessions,
};
use crate::{
    app,
    model::{
        error::{Error, Kind},
        event::RenderingBuild,
        flash::Flash,
        load_error::OnLoadError,
        notification::RenderingKey,
        preferences::OffersGuide,
        redirect::SIGN_IN,
    },
    server::AppState,
};
use axum::{
    Extension, Router,
    extract::Request,
    http::{
        Method, StatusCode,
        header::{ACCEPT, ALLOW, LOCATION, RETRY_AFTER},
        request::Parts,
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use leptos::{context::provide_context, nonce::Nonce, prelude::*};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, file_and_error_handler_with_context, generate_route_list, render_route_with_context,
};
use std::sync::{Arc, OnceLock};
use tower_http::{CompressionLevel, compression::CompressionLayer, services::ServeDir};
use uuid::Uuid;

/// A page of 100 orders is a sixth smaller than at brotli's default level, 4, and takes no longer (docs/weight.md).
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(5);

/// All routes.
pub fn router(app: AppState) -> Router {
    let secure = app.settings.is_secure();
    let routes = generate_route_list(app::App);
    let paths = Pages(routes.iter().map(|route| route.path().to_owned()).collect());
    let session_layer = app.sessions.layer(app.store.clone(), secure, app.settings.session);
    let with_session = Router::new()
        .route("/events", get(events::events))
        .route("/orders.csv", get(csv::orders))
        .route("/api/{name}", any(api::call))
        .layer(Extension(paths))
        .merge(pages(&app, routes))
        .layer((
            from_fn(run_to_end),
            from_fn(sessions::explain_unavailable),
            from_fn(sessions::keep_cookie),
            session_layer,
            from_fn(request_log::note_user),
        ));
    let routes = with_session
        .route("/api/push", post(push::push))
        .layer(from_fn_with_state(app.clone(), require_same_origin))
        .route("/healthz", get(health::health))
        .route("/readyz", get(health::ready))
        .merge(if app.settings.metrics_addr.is_none() { metrics() } else { Router::new() })
        .merge(package(&app.leptos_options))
        .fallback_service(files(&app))
        // As one: the router puts each layer of its own in a box, which is copied for each request.
        .layer((
            from_fn(request_log::log_request),
            from_fn(move |request, next| headers::set_security_headers(secure, request, next)),
            CompressionLayer::new().quality(COMPRESSION),
            from_fn(explain_empty),
        ));
    routes.with_state(app)
}

/// The routes of `--metrics-addr`.
pub fn metrics_router(app: AppState) -> Router {
    let not_found = async || Error::new(Kind::NotFound, "only /metrics is here");
    metrics().fallback(not_found).layer(from_fn(explain_empty)).with_state(app)
}

fn metrics() -> Router<AppState> {
    Router::new().route("/metrics", get(health::metrics))
}

/// The pages of the app. Not leptos' `leptos_routes`, which would add the server functions as well, past [`api::call`].
fn pages(app: &AppState, routes: Vec<AxumRouteListing>) -> Router<AppState> {
    let (context, options) = (app.clone(), app.leptos_options.clone());
    let provide_state = move || {
        provide_context(context.clone());
        provide_context(RenderingKey(Uuid::new_v4().to_string()));
        provide_context(RenderingBuild(build_id(&context.leptos_options).to_owned()));
        provide_extension::<Flash>();
        provide_extension::<Nonce>();
        provide_preferences();
        if context.settings.demo_shop {
            provide_context(OffersGuide);
        }
        provide_context(on_load_error());
    };
    let render = render_route_with_context::<AppState, _>(routes.clone(), provide_state, move || app::shell(options.clone()));
    let pages = Router::new().leptos_routes_with_handler(routes, render).layer((from_fn(redirect), from_fn(refuse_as_json)));
    pages.layer(from_fn_with_state(app.clone(), provide_flash))
}

/// Provides the rendering with what a layer has added to the request.
fn provide_extension<T: Clone + Send + Sync + 'static>() {
    let extension = use_context::<Parts>().and_then(|parts| parts.extensions.get::<T>().cloned());
    if let Some(extension) = extension {
        provide_context(extension);
    }
}

/// Why a page could not be loaded. In the extensions of its request.
#[derive(Clone, Default)]
struct LoadRefusal(Arc<OnceLock<Error>>);

/// Gives the response of a page that could not be loaded the status of its refusal.
fn on_load_error() -> OnLoadError {
    let response = use_context::<ResponseOptions>();
    let refusal = use_context::<Parts>().and_then(|parts| parts.extensions.get::<LoadRefusal>().cloned());
    OnLoadError(Arc::new(move |error| {
        if let Some(LoadRefusal(refusal)) = &refusal {
            let _ = refusal.set(error.clone());
        }
        let Some(response) = &response else { return };
        response.set_status(status(error));
        if let Some(seconds) = retry_after(error) {
            response.insert_header(RETRY_AFTER, seconds);
        }
    }))
}

/// Where a page could not be loaded, or would lead to the sign-in page, a script that asks for JSON is refused as on every other route, and can
/// tell why.
async fn refuse_as_json(mut request: Request, next: Next) -> Response {
    let LoadRefusal(refusal) = request.extensions_mut().get_or_insert_default::<LoadRefusal>().clone();
    let wants_json = request.headers().get(ACCEPT).is_some_and(|accept| accept == "application/json");
    let response = next.run(request).await;
    let leads_to = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
    let is_signed_out = leads_to.is_some_and(|target| target.starts_with(SIGN_IN));
    match refusal.get().cloned().or_else(|| is_signed_out.then(Error::signed_out)) {
        Some(error) if wants_json => error.into_response(),
        _ => response,
    }
}

/// A page that redirects: leptos sets the status only for a request that asks for HTML by name.
async fn redirect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::OK && response.headers().contains_key(LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

/// Files without a hash in their names, and whatever leads nowhere: a page for people, JSON below `/api`.
fn files(app: &AppState) -> Router {
    let provide = || {
        provide_extension::<Nonce>();
        provide_preferences();
    };
    let files = file_and_error_handler_with_context::<AppState, _>(provide, app::shell);
    let api = async |_: Request| api::no_such_function();
    let files = Router::new().fallback(files).layer(from_fn(only_reads));
    headers::with_file_caching(files)
        .route("/api", any(api))
        .route("/api/", any(api))
        .route("/api/{*path}", any(api))
        .with_state(app.clone())
}

/// Refuses what only reading can be asked of: another method is 405 where there is a file, and 404 where there is none. A request without a
/// path (as of CONNECT; RFC 9112, section 3.2.3) is refused as well: leptos would panic.
async fn only_reads(mut request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_none() {
        return Error::new(Kind::Malformed, "the request names no path").into_response();
    }
    let method = request.method().clone();
    if [Method::GET, Method::HEAD].contains(&method) {
        return next.run(request).await;
    }
    *request.method_mut() = Method::HEAD;
    match next.run(request).await.status().is_success() {
        true => ([(ALLOW, "GET,HEAD")], method_not_allowed(&method)).into_response(),
        false => nothing_here().into_response(),
    }
}

/// The WebAssembly, its JavaScript and the style sheet.
fn package(options: &LeptosOptions) -> Router<AppState> {
    let files = ServeDir::new(&*options.site_root).precompressed_br().precompressed_gzip();
    let package = headers::with_vary(Router::new().route_service(&format!("/{}/{{*file}}", options.site_pkg_dir), files));
    if options.hash_files { headers::with_immutable_caching(package) } else { headers::with_file_caching(package) }
}
