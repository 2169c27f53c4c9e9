//! Response headers that do not depend on the handler: security headers, and how long a response may be cached.

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
    },
    middleware::{Next, from_fn},
    response::Response,
};
use tower_http::set_header::SetResponseHeaderLayer;

/// For a file with the hash of its content in its name.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For a page: it is the user's own, and out of date a moment later.
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// No sniffing of content types, no framing by other sites, no paths in a `referer` to other sites.
pub fn with_security_headers<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .layer(default_header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(default_header(X_FRAME_OPTIONS, HeaderValue::from_static("DENY")))
        .layer(default_header(REFERRER_POLICY, HeaderValue::from_static("same-origin")))
}

/// Pages may be stored by the user's browser alone, and are asked for again each time.
pub fn with_page_caching<S: Clone + Send + Sync + 'static>(pages: Router<S>) -> Router<S> {
    pages.layer(default_header(CACHE_CONTROL, REVALIDATE))
}

/// Files with a hash in their names may be cached forever.
pub fn with_immutable_caching<S: Clone + Send + Sync + 'static>(files: Router<S>) -> Router<S> {
    files.layer(from_fn(cache_if_found))
}

fn default_header(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, value)
}

/// A "not found" must not be cached: a page of an older build asks for files that are gone now and may come back with a rollback.
async fn cache_if_found(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() {
        response.headers_mut().insert(CACHE_CONTROL, IMMUTABLE);
    }
    response
}
