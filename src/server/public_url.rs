//! `--public-url`: where browsers find the site.

use axum::http::{Uri, uri::Scheme};
use std::str::FromStr;

/// An origin (RFC 6454): scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: String,
    host: String,
    port: u16,
}

impl PublicUrl {
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS.as_str()
    }

    /// Whether a `host` header, or an authority, names this origin's host and port.
    pub fn is_host(&self, host: &str) -> bool {
        format!("{}://{host}", self.scheme).parse().is_ok_and(|other: Self| other == *self)
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be http:// or https:// and a host, without a path, such as https://orders.example";
        let uri: Uri = text.parse().map_err(|_| FORM)?;
        let default_port = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => return Err(FORM),
        };
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host().filter(|host| !host.is_empty())) else { return Err(FORM) };
        if authority.contains('@') || uri.path() != "/" || uri.query().is_some() {
            return Err(FORM);
        }
        Ok(Self { scheme: scheme.to_owned(), host: host.to_ascii_lowercase(), port: uri.port_u16().unwrap_or(default_port) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let parse = |text: &str| text.parse::<PublicUrl>();
        assert_eq!(parse("https://A.example/"), parse("https://a.example:443"));
        assert_ne!(parse("https://a.example"), parse("http://a.example"));
        assert_ne!(parse("https://a.example"), parse("https://a.example:8443"));
        for text in ["a.example", "ftp://a.example", "https://", "https://a.example/shop", "https://u@a.example", "null", "https://a/?b"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
