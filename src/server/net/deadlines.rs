//! Deadlines: how long a connection may hold its place without asking for anything, and a request without coming or being answered.

use std::time::Duration;

/// The deadlines of a connection and of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// From the connection to its first byte; over TLS, to the end of the handshake.
    pub first_byte: Duration,
    /// From the first byte of a request's head to its last; on HTTP/2, from the connection to its first request.
    pub head: Duration,
    /// From a request's head to the last byte of its body.
    pub body: Duration,
    /// From a request's head to the head of the response. A stream lasts as long as it likes after that.
    pub request: Duration,
    /// From one response's end to the next request on the same connection.
    pub idle: Duration,
    /// How long the closing of a connection may take, once a deadline has passed, before it is cut.
    pub closing: Duration,
}

impl Deadlines {
    /// The program's deadlines.
    pub const POLICY: Self = Self {
        first_byte: Duration::from_secs(10),
        head: Duration::from_secs(15),
        body: Duration::from_secs(15),
        request: Duration::from_secs(30),
        idle: Duration::from_secs(75),
        closing: Duration::from_secs(1),
    };
}
