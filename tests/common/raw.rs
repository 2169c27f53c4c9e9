//! A stream on a plain socket: for those who read badly or not at all, and for thousands of them.

use super::{PATIENCE, Person};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

pub struct Raw {
    pub socket: TcpStream,
    /// What has been read.
    pub text: Vec<u8>,
}

impl Raw {
    /// Opens a stream and reads its first frame, or the refusal.
    pub async fn open(person: &Person) -> Self {
        Self::over(TcpSocket::new_v4().unwrap(), person, None).await
    }

    /// Likewise, past `after`, over a socket that somebody has prepared.
    pub async fn over(socket: TcpSocket, person: &Person, after: Option<&str>) -> Self {
        let host = person.base.trim_start_matches("http://");
        let after = after.map_or(String::new(), |id| format!("last-event-id: {id}\r\n"));
        let request = format!("GET /events HTTP/1.1\r\nhost: {host}\r\ncookie: {}\r\n{after}\r\n", person.cookie());
        let mut raw = Self::asked(socket, &person.base, request.as_bytes()).await;
        raw.until("\r\n\r\n").await;
        if raw.is_open() {
            raw.until("}\n\n").await;
        }
        raw
    }

    /// Sends these bytes as the request.
    pub async fn send(base: &str, request: &[u8]) -> Self {
        Self::asked(TcpSocket::new_v4().unwrap(), base, request).await
    }

    async fn asked(socket: TcpSocket, base: &str, request: &[u8]) -> Self {
        let mut socket = socket.connect(base.trim_start_matches("http://").parse::<SocketAddr>().unwrap()).await.unwrap();
        socket.write_all(request).await.unwrap();
        Self { socket, text: Vec::new() }
    }

    pub fn is_open(&self) -> bool {
        self.text.starts_with(b"HTTP/1.1 200 ")
    }

    /// Reads until that has come.
    pub async fn until(&mut self, text: &str) {
        let mut looked = 0;
        while !self.text[looked..].windows(text.len()).any(|window| window == text.as_bytes()) {
            looked = self.text.len().saturating_sub(text.len());
            assert_ne!(self.more().await, 0, "the stream ended");
        }
    }

    /// Reads until what has been read ends like that.
    pub async fn until_ends_with(&mut self, text: &str) {
        while !self.text.ends_with(text.as_bytes()) {
            assert_ne!(self.more().await, 0, "the stream ended");
        }
    }

    /// Reads to the end.
    pub async fn rest(&mut self) {
        while self.more().await > 0 {}
    }

    async fn more(&mut self) -> usize {
        timeout(PATIENCE, self.socket.read_buf(&mut self.text)).await.expect("nothing came").unwrap()
    }
}
