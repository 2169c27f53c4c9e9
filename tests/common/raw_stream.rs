//! A stream on a plain socket: for clients that read slowly or not at all, and for thousands of them.

use super::{PATIENCE, TestUser};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// A stream on a plain socket. It reads only what a test asks for.
pub struct RawStream {
    pub socket: TcpStream,
    /// What has been read.
    pub text: Vec<u8>,
}

impl RawStream {
    /// Opens a stream and reads `connected`, or the refusal's head.
    pub async fn open(user: &TestUser) -> Self {
        Self::over(TcpSocket::new_v4().unwrap(), user, None).await
    }

    /// Likewise, past `after`, over a socket that is set up already.
    pub async fn over(socket: TcpSocket, user: &TestUser, after: Option<&str>) -> Self {
        let host = user.base.trim_start_matches("http://");
        let after = after.map_or(String::new(), |id| format!("last-event-id: {id}\r\n"));
        let request = format!("GET /events HTTP/1.1\r\nhost: {host}\r\ncookie: {}\r\n{after}\r\n", user.cookie());
        let mut raw = Self::request(socket, &user.base, request.as_bytes()).await;
        raw.read_until("\r\n\r\n").await;
        if raw.is_open() {
            raw.read_until("}\n\n").await;
        }
        raw
    }

    /// Sends these bytes as the request.
    pub async fn send(base: &str, request: &[u8]) -> Self {
        Self::request(TcpSocket::new_v4().unwrap(), base, request).await
    }

    async fn request(socket: TcpSocket, base: &str, request: &[u8]) -> Self {
        let mut socket = socket.connect(base.trim_start_matches("http://").parse::<SocketAddr>().unwrap()).await.unwrap();
        socket.write_all(request).await.unwrap();
        Self { socket, text: Vec::new() }
    }

    pub fn is_open(&self) -> bool {
        self.text.starts_with(b"HTTP/1.1 200 ")
    }

    /// Reads until that text has come.
    pub async fn read_until(&mut self, text: &str) {
        let mut searched = 0;
        while !self.text[searched..].windows(text.len()).any(|window| window == text.as_bytes()) {
            searched = self.text.len().saturating_sub(text.len());
            assert_ne!(self.read_more().await, 0, "the stream ended");
        }
    }

    /// Reads until the text so far ends like that.
    pub async fn read_until_end(&mut self, text: &str) {
        while !self.text.ends_with(text.as_bytes()) {
            assert_ne!(self.read_more().await, 0, "the stream ended");
        }
    }

    /// Reads to the end.
    pub async fn read_to_end(&mut self) {
        while self.read_more().await > 0 {}
    }

    async fn read_more(&mut self) -> usize {
        timeout(PATIENCE, self.socket.read_buf(&mut self.text)).await.expect("nothing came").unwrap()
    }
}
