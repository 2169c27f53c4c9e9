//! The Origin check, against cross-site request forgery: a browser sends the user's cookie also with requests that another site's page makes.
//!
//! A browser says where a request comes from in `Sec-Fetch-Site` (Fetch Metadata) or, where that is missing, in `Origin` (Fetch Standard).
//! Programs send neither and pass: no cookie of theirs was set behind their back.

use crate::model::error::{Error, Kind};
use axum::{
    extract::Request,
    http::{
        HeaderMap, Method, Uri,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::Response,
};

/// Refuses a state-changing request from another origin with `Forbidden` (403).
pub async fn require_same_origin(request: Request, next: Next) -> Result<Response, Error> {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe || is_same_origin(request.headers(), request.uri()) {
        return Ok(next.run(request).await);
    }
    Err(Error::new(Kind::Forbidden, "this request came from another site"))
}

fn is_same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    // HTTP/2 has the host in the URI.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|authority| authority.as_str()));
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_same_origin(&headers, &Uri::from_static("/api/x"))
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
