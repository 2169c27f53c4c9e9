//! One event stream of the load.

use super::frames::FrameReader;
use crate::{Failure, http::parse_head};
use mio::net::TcpStream;
use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

pub struct Stream {
    pub socket: TcpStream,
    state: State,
}

enum State {
    /// The answer's head, as far as it is there.
    Opening(Vec<u8>),
    Open(FrameReader),
}

impl Stream {
    /// Connects, and asks.
    pub fn open(addr: SocketAddr, request: &[u8]) -> Result<Self, Failure> {
        Ok(Self { socket: connect(addr, request)?, state: State::Opening(Vec::new()) })
    }

    /// Reads what there is, and calls `found` with the number of each event. Returns whether the stream was opened by this. A stream that is
    /// refused or ends is a failure.
    pub fn read(&mut self, buffer: &mut [u8], mut found: impl FnMut(u32)) -> Result<bool, Failure> {
        let mut opened = false;
        loop {
            let count = match self.socket.read(buffer) {
                Ok(0) => return Err("a stream was closed".into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(opened),
                Err(error) => return Err(format!("a stream was closed: {error}").into()),
            };
            match &mut self.state {
                State::Open(reader) => reader.read(&buffer[..count], &mut found),
                State::Opening(head) => {
                    head.extend_from_slice(&buffer[..count]);
                    if let Some((status, text, body)) = parse_head(head)? {
                        if status != 200 {
                            return Err(format!("a stream was refused: {text}").into());
                        }
                        let mut reader = FrameReader::default();
                        reader.read(&head[body..], &mut found);
                        self.state = State::Open(reader);
                        opened = true;
                    }
                }
            }
            // Less than there was room for: the socket is empty, and says so when it no longer is (epoll(7), question 9).
            if count < buffer.len() {
                return Ok(opened);
            }
        }
    }
}

/// A connection that has sent its first request and no longer blocks.
pub fn connect(addr: SocketAddr, request: &[u8]) -> Result<TcpStream, Failure> {
    let connected = std::net::TcpStream::connect(addr).and_then(|mut socket| {
        socket.set_nodelay(true)?;
        socket.write_all(request)?;
        socket.set_nonblocking(true)?;
        Ok(TcpStream::from_std(socket))
    });
    connected.map_err(|error| format!("no connection: {error}").into())
}
