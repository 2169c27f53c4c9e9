//! The API's error: what a caller sees. JSON is `{"error": "one line", "kind": …, "field"?: …, "order"?: …, "retryAfter"?: …}` with the status
//! of the kind; a form shows it on its page.

use crate::model::order::Order;
use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

/// Why a call was refused. Each kind has one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request cannot be read.
    Malformed,
    /// Nobody is signed in, or the password is wrong.
    SignedOut,
    /// Signed in, but not allowed to do this.
    Forbidden,
    /// There is no such thing, or none that this user may see.
    NotFound,
    /// The method is not one of the route's.
    MethodNotAllowed,
    /// The thing is in another state by now.
    Conflict,
    /// The request is too large.
    TooLarge,
    /// It can be read, but a value is not allowed.
    Invalid,
    /// Too many at once, or too often.
    TooMany,
    /// The server's fault; its log says more.
    Internal,
    /// Not now: the server is full or stopping, or the database does not answer. Trying again may work.
    Unavailable,
}

impl Kind {
    /// The HTTP status a caller sees.
    pub fn status(self) -> u16 {
        match self {
            Kind::Malformed => 400,
            Kind::SignedOut => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::MethodNotAllowed => 405,
            Kind::Conflict => 409,
            Kind::TooLarge => 413,
            Kind::Invalid => 422,
            Kind::TooMany => 429,
            Kind::Internal => 500,
            Kind::Unavailable => 503,
        }
    }
}

/// A refusal: its kind, and one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}")]
pub struct Error {
    pub error: String,
    pub kind: Kind,
    /// The argument that is wrong, if it is one: a form shows the error beside that field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The order as it is now, where it is in another state than the caller saw: a page shows it at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Box<Order>>,
    /// After how many seconds the same may work, where that is known. The header `retry-after` says so too.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "retryAfter")]
    pub retry_after: Option<u64>,
}

/// The longest line, in characters: it may quote what the caller sent.
const LINE_MAX: usize = 300;

impl Error {
    /// One line of at most [`LINE_MAX`] characters, whatever it quotes: control characters become spaces.
    pub fn new(kind: Kind, error: impl Into<String>) -> Self {
        let ends_line = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
        let line = error.into().chars().take(LINE_MAX).map(|letter| if ends_line(letter) { ' ' } else { letter }).collect();
        Self { error: line, kind, field: None, order: None, retry_after: None }
    }

    pub fn invalid(error: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, error)
    }

    /// The same error, about that argument.
    pub fn at(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same error, with the order as it is now.
    pub fn with_order(self, order: Order) -> Self {
        Self { order: Some(Box::new(order)), ..self }
    }

    /// The same error, which may be over after so many seconds.
    pub fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Nobody is signed in.
    pub fn signed_out() -> Self {
        Self::new(Kind::SignedOut, "sign in first")
    }
}

impl FromServerFnError for Error {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // Their own words are serde's. What can be said better is said before (`server/http/arguments`).
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::new(Kind::Malformed, "the request cannot be read")
            }
            ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::new(Kind::MethodNotAllowed, error.to_string()),
            // In the browser: the request never got an answer.
            ServerFnErrorErr::Request(_) => Self::new(Kind::Unavailable, "the server cannot be reached; try again"),
            _ => Self::new(Kind::Internal, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line_of_bounded_length_whatever_it_quotes() {
        assert_eq!(Error::invalid("no \"a\r\nb\u{2028}c\u{0}\"").error, "no \"a  b c \"");
        assert_eq!(Error::invalid("ä".repeat(LINE_MAX + 1)).error, "ä".repeat(LINE_MAX));
    }
}
