//! A connection that pushes one event after the other, each after the answer to the one before.

use super::stream::connect;
use crate::{Failure, http::Answer};
use mio::net::TcpStream;
use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

pub struct Pusher {
    pub socket: TcpStream,
    /// The answer, as far as it is there.
    answer: Vec<u8>,
}

impl Pusher {
    pub fn connect(addr: SocketAddr) -> Result<Self, Failure> {
        Ok(Self { socket: connect(addr, b"")?, answer: Vec::new() })
    }

    /// Sends a request; a socket with nothing under way takes one whole.
    pub fn send(&mut self, request: &[u8]) -> Result<(), Failure> {
        self.socket.write_all(request).map_err(|error| format!("a push was not taken: {error}").into())
    }

    /// Reads what there is; returns whether that completes the answer. An answer that is no success is a failure.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<bool, Failure> {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => return Err("a pusher's connection was closed".into()),
                Ok(count) => self.answer.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(format!("a pusher's connection was closed: {error}").into()),
            }
            if let Some(answer) = Answer::parse(&self.answer)? {
                answer.success()?;
                self.answer.clear();
                return Ok(true);
            }
        }
    }
}
