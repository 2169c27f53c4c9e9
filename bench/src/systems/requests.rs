//! How a system is asked for a stream, and how an event is pushed into it.

use std::net::SocketAddr;

/// The bearer token that Orderwire is started with.
pub const TOKEN: &str = "token-of-the-benchmark";

/// The type of each event.
const EVENT: &str = "bench";

pub struct Requests {
    host: SocketAddr,
    /// A session for each user, where the system knows sessions. Others believe the name in the URL.
    cookies: Option<Vec<String>>,
    /// Whether a push's body is its data, and its URL names the user.
    plain_body: bool,
}

impl Requests {
    pub fn signed_in(host: SocketAddr, cookies: Vec<String>) -> Self {
        Self { host, cookies: Some(cookies), plain_body: false }
    }

    pub fn open(host: SocketAddr) -> Self {
        Self { host, cookies: None, plain_body: false }
    }

    pub fn nchan(host: SocketAddr) -> Self {
        Self { host, cookies: None, plain_body: true }
    }

    /// Asks for the stream of a user, from an event on or from now on.
    pub fn stream(&self, user: usize, after: Option<&str>) -> Vec<u8> {
        let after = after.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let (query, cookie) = match &self.cookies {
            Some(cookies) => (String::new(), format!("cookie: {}\r\n", cookies[user])),
            None => (format!("?user={}", name(user)), String::new()),
        };
        format!("GET /events{query} HTTP/1.1\r\nhost: {}\r\naccept: text/event-stream\r\n{cookie}{after}\r\n", self.host).into()
    }

    /// Pushes an event to a user. `data` is JSON.
    pub fn push(&self, user: usize, data: &str) -> Vec<u8> {
        let (user, host) = (name(user), self.host);
        let (query, header, body) = if self.plain_body {
            (format!("?user={user}"), format!("X-EventSource-Event: {EVENT}\r\ncontent-type: text/plain\r\n"), data.to_owned())
        } else {
            let body = format!("{{\"user\":\"{user}\",\"event\":\"{EVENT}\",\"data\":{data}}}");
            (String::new(), format!("authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"), body)
        };
        let length = body.len();
        format!("POST /api/push{query} HTTP/1.1\r\nhost: {host}\r\n{header}content-length: {length}\r\n\r\n{body}").into()
    }
}

/// The name of a user.
pub fn name(user: usize) -> String {
    format!("u{user}")
}
