//! The floor: what one event to many streams costs if a server does nothing but one send(2) a stream. It keeps no log and no session, believes
//! every request, and runs in one thread. `GET /events?user=…` opens a stream, `POST /api/push` sends its `data` to one user's streams.
//!
//! A stream that does not keep up loses what its socket cannot take: a server that has to be right cannot be this simple.

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read, Write},
};

const LISTENER: Token = Token(usize::MAX);

/// The longest request, in bytes.
const REQUEST_MAX: usize = 64 * 1024;

struct Connection {
    socket: TcpStream,
    /// The beginning of a request.
    bytes: Vec<u8>,
    /// Whose stream it is, once it is one.
    user: Option<String>,
}

#[derive(Default)]
struct Server {
    connections: HashMap<usize, Connection>,
    /// The streams of each user.
    streams: HashMap<String, Vec<usize>>,
    next: usize,
    events: u64,
}

fn main() -> io::Result<()> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).ok_or_else(|| io::Error::other("usage: floor PORT"))?;
    let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(1_024));
    let mut listener = TcpListener::bind(([127, 0, 0, 1], port).into())?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut server = Server::default();
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            match event.token() {
                LISTENER => server.accept(&listener, &poll)?,
                Token(index) => server.read(index),
            }
        }
    }
}

impl Server {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll) -> io::Result<()> {
        loop {
            let mut socket = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            socket.set_nodelay(true)?;
            poll.registry().register(&mut socket, Token(self.next), Interest::READABLE)?;
            self.connections.insert(self.next, Connection { socket, bytes: Vec::new(), user: None });
            self.next += 1;
        }
    }

    /// Reads what there is, and does what it asks for. A connection that is closed or broken is forgotten.
    fn read(&mut self, index: usize) {
        let mut buffer = [0; 4_096];
        loop {
            let Some(connection) = self.connections.get_mut(&index) else { return };
            match connection.socket.read(&mut buffer) {
                Ok(count) if count > 0 && connection.bytes.len() < REQUEST_MAX => {
                    connection.bytes.extend_from_slice(&buffer[..count]);
                    let Some(request) = whole_request(&mut connection.bytes) else { continue };
                    self.answer(index, &request);
                    // Nobody sends a second request before the answer.
                    if count < buffer.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                _ => return self.forget(index),
            }
        }
    }

    fn answer(&mut self, index: usize, request: &str) {
        if let Some(user) = between(request, "GET /events?user=", " ") {
            self.streams.entry(user.into()).or_default().push(index);
            let Some(connection) = self.connections.get_mut(&index) else { return };
            connection.user = Some(user.into());
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
            let _ = connection.socket.write(head.as_bytes());
            return;
        }
        let (user, event) = (between(request, "\"user\":\"", "\""), between(request, "\"event\":\"", "\""));
        let data = request.split_once("\"data\":").and_then(|(_, data)| data.strip_suffix('}'));
        if let (Some(user), Some(event), Some(data)) = (user, event, data) {
            self.events += 1;
            let frame = format!("id: {}\nevent: {event}\ndata: {data}\n\n", self.events);
            let chunk = format!("{:x}\r\n{frame}\r\n", frame.len());
            for stream in self.streams.get(user).into_iter().flatten() {
                if let Some(connection) = self.connections.get_mut(stream) {
                    let _ = connection.socket.write(chunk.as_bytes());
                }
            }
        }
        if let Some(connection) = self.connections.get_mut(&index) {
            let _ = connection.socket.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        }
    }

    fn forget(&mut self, index: usize) {
        let user = self.connections.remove(&index).and_then(|connection| connection.user);
        if let Some(streams) = user.and_then(|user| self.streams.get_mut(&user)) {
            streams.retain(|stream| *stream != index);
        }
    }
}

/// Takes the request out of `bytes` once all of it is there.
fn whole_request(bytes: &mut Vec<u8>) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = between(head, "content-length: ", "\r\n").and_then(|length| length.parse().ok()).unwrap_or(0);
    (body.len() >= length).then(|| String::from_utf8_lossy(&std::mem::take(bytes)).into_owned())
}

/// What is between `start` and the next `end`, or the end of the text.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end).map_or(rest, |(found, _)| found))
}
