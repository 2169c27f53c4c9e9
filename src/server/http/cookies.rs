//! Reads the cookies of a request (RFC 6265, section 4.2).

use axum::http::{HeaderMap, header::COOKIE};

/// The values of the cookies of that name, in the order that the browser sent them.
pub fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok()).flat_map(|cookies| cookies.split(';'));
    cookies.filter_map(|cookie| cookie.trim().split_once('=')).filter(move |(of, _)| *of == name).map(|(_, value)| value)
}
