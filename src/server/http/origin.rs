//! The Origin check, against cross-site request forgery: a browser sends the user's cookie also with requests that another site's page makes.
//!
//! A browser says where a request comes from in `Sec-Fetch-Site` (Fetch Metadata) or, where that is missing, in `Origin` (Fetch Standard).
//! Programs send neither and pass: no cookie of theirs was set behind their back.
//!
//! The origin to compare with is `--public-url`'s. Without one, it is the host and port that the request was sent to, with either scheme: the
//! program does not know whether a proxy has taken TLS off.

use crate::{
    model::error::{Error, Kind},
    server::{AppState, public_url::PublicUrl},
};
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, Method, Uri,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::Response,
};

/// Refuses a state-changing request from another origin with `Forbidden` (403).
pub async fn require_same_origin(State(app): State<AppState>, request: Request, next: Next) -> Result<Response, Error> {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe || is_same_origin(request.headers(), request.uri(), app.settings.public_url.as_ref()) {
        return Ok(next.run(request).await);
    }
    Err(Error::new(Kind::Forbidden, "this request came from another site"))
}

fn is_same_origin(headers: &HeaderMap, uri: &Uri, public_url: Option<&PublicUrl>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|origin| origin.parse::<PublicUrl>().ok()) else { return false };
    is_this_site(&origin, headers, uri, public_url)
}

/// Whether the origin is that of this site, for a request with these headers.
pub fn is_this_site(origin: &PublicUrl, headers: &HeaderMap, uri: &Uri, public_url: Option<&PublicUrl>) -> bool {
    if let Some(public_url) = public_url {
        return origin == public_url;
    }
    // HTTP/2 has the host in the URI.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|authority| authority.as_str()));
    host.is_some_and(|host| origin.is_host(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes_at(public_url: Option<&str>, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_same_origin(&headers, &Uri::from_static("/api/x"), public_url.map(|url| url.parse().unwrap()).as_ref())
    }

    fn passes(headers: &[(&'static str, &str)]) -> bool {
        passes_at(None, headers)
    }

    #[test]
    fn without_a_public_url_either_scheme_of_the_same_host_passes() {
        assert!(passes(&[("host", "a.example"), ("origin", "https://a.example")]));
        assert!(passes(&[("host", "a.example"), ("origin", "http://a.example")]));
        assert!(passes(&[("host", "a.example:443"), ("origin", "https://a.example")]));
        assert!(!passes(&[("host", "a.example:443"), ("origin", "http://a.example")]));
    }

    #[test]
    fn with_a_public_url_its_scheme_and_port_count_whatever_the_host() {
        let passes = |host, origin| passes_at(Some("https://a.example:8443"), &[("host", host), ("origin", origin)]);
        assert!(passes("a.example", "https://a.example:8443"), "a proxy that leaves the port out");
        assert!(passes("127.0.0.1:3000", "https://A.example:8443"), "a proxy that sends its own");
        assert!(!passes("a.example:8443", "http://a.example:8443"));
        assert!(!passes("a.example", "https://a.example"));
        assert!(!passes("b.example", "https://b.example"));
    }

    #[test]
    fn only_a_request_from_another_origin_is_refused() {
        assert!(passes(&[("host", "a.example")]), "curl");
        assert!(passes(&[("host", "a.example"), ("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("host", "a.example"), ("sec-fetch-site", "none")]));
        assert!(passes(&[("host", "a.example:3000"), ("origin", "http://A.example:3000")]));
        assert!(!passes(&[("host", "a.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!passes(&[("host", "a.example"), ("sec-fetch-site", "same-site"), ("origin", "http://a.example")]));
        assert!(!passes(&[("host", "a.example"), ("origin", "http://b.example")]));
        assert!(!passes(&[("host", "a.example"), ("origin", "http://a.example:81")]));
        assert!(!passes(&[("host", "a.example"), ("origin", "null")]));
    }
}
