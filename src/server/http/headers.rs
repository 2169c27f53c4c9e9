//! Response headers that do not depend on the handler: security headers, and how long a response may be kept.

use super::content_security_policy::{is_page, set_policy};
use axum::{
    Router,
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::{Next, from_fn},
    response::Response,
};
use tower_http::set_header::SetResponseHeaderLayer;

/// For a file with the hash of its content in its name.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For any other file: an hour.
const HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// For all that belongs to one user or is out of date a moment later: nobody keeps it, so that a page which the browser goes back to is
/// asked for again, and is not shown to whoever comes after a sign-out.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Two years, over TLS: the site is not asked for without it any more (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// What no page of ours uses, whatever gets into one.
const NO_PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), \
     usb=(), xr-spatial-tracking=()",
);

/// What a response has that says nothing else.
const DEFAULTS: [(HeaderName, HeaderValue); 7] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (PERMISSIONS_POLICY, NO_PERMISSIONS),
    (CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (CACHE_CONTROL, NO_STORE),
];

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The headers of every response: the Content Security Policy; no sniffing of content types; no framing, no opener and no embedding by
/// other sites; no paths in a `referer` to them; no permissions; and `no-store`, unless the handler has said how long. `secure`: browsers
/// reach the site over TLS.
pub async fn set_security_headers(secure: bool, request: Request, next: Next) -> Response {
    let mut response = set_policy(request, next).await;
    let headers = response.headers_mut();
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(value);
    }
    if secure {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HSTS);
    }
    response
}

/// Files with a hash in their names may be kept for ever.
pub fn with_immutable_caching<S: Clone + Send + Sync + 'static>(files: Router<S>) -> Router<S> {
    files.layer(from_fn(|request, next| keep_if_found(request, next, IMMUTABLE)))
}

/// Other files may be kept for an hour.
pub fn with_file_caching<S: Clone + Send + Sync + 'static>(files: Router<S>) -> Router<S> {
    files.layer(from_fn(|request, next| keep_if_found(request, next, HOUR)))
}

/// There is a precompressed form of each file: which one is sent depends on the request.
pub fn with_vary<S: Clone + Send + Sync + 'static>(files: Router<S>) -> Router<S> {
    files.layer(default_header(VARY, HeaderValue::from_name(ACCEPT_ENCODING)))
}

fn default_header(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, value)
}

/// A "not found" must not be kept: a page of an older build asks for files that are gone now and may come back with a rollback.
async fn keep_if_found(request: Request, next: Next, keep: HeaderValue) -> Response {
    let mut response = next.run(request).await;
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    if found && !is_page(response.headers()) {
        response.headers_mut().insert(CACHE_CONTROL, keep);
    }
    response
}
