//! As much of HTTP/1.1 as the load tool needs: answers with a length, and the chunks of a stream.

use crate::Failure;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// How long an answer may take that nothing is measured by.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Answer {
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The answer that `bytes` begin with, once all of it is there.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, Failure> {
        let Some((status, head, start)) = parse_head(bytes)? else { return Ok(None) };
        let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let Some(body) = bytes.get(start..start + length) else { return Ok(None) };
        Ok(Some(Self { status, head, body: String::from_utf8_lossy(body).into_owned() }))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The answer, if it is one of success.
    pub fn success(self) -> Result<Self, Failure> {
        match self.status {
            200..300 => Ok(self),
            status => Err(format!("answered {status}: {}", self.body.trim()).into()),
        }
    }
}

/// Sends a request on a connection of its own.
pub fn request(addr: SocketAddr, request: &[u8]) -> Result<Answer, Failure> {
    let mut socket = connect(addr)?;
    socket.write_all(request)?;
    let mut bytes = Vec::new();
    loop {
        if let Some(answer) = Answer::parse(&bytes)? {
            return answer.success();
        }
        read_more(&mut socket, &mut bytes)?;
    }
}

/// An event stream that is read with patience, to see what a system sends.
pub struct RawStream {
    socket: TcpStream,
    bytes: Vec<u8>,
    body: usize,
    /// Nchan's are not: their end is the connection's.
    is_chunked: bool,
}

impl RawStream {
    pub fn open(addr: SocketAddr, request: &[u8]) -> Result<Self, Failure> {
        let (mut socket, mut bytes) = (connect(addr)?, Vec::new());
        socket.write_all(request)?;
        loop {
            if let Some((status, head, body)) = parse_head(&bytes)? {
                if status != 200 {
                    return Err(format!("a stream is refused: {head}").into());
                }
                return Ok(Self { socket, bytes, body, is_chunked: header(&head, "transfer-encoding").is_some() });
            }
            read_more(&mut socket, &mut bytes)?;
        }
    }

    /// The first frame that has `mark` in it, with the blank line that ends it.
    pub fn frame_with(&mut self, mark: &str) -> Result<String, Failure> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let body = &self.bytes[self.body..];
            let text = if self.is_chunked { without_chunks(body) } else { String::from_utf8_lossy(body).into_owned() };
            if let Some(frame) = text.split_inclusive("\n\n").find(|frame| frame.contains(mark) && frame.ends_with("\n\n")) {
                return Ok(frame.into());
            }
            read_more(&mut self.socket, &mut self.bytes)?;
        }
        Err(format!("after {PATIENCE:?}, a stream has not brought what was pushed").into())
    }
}

/// The status, the head, and where the body begins: once the head is there.
pub fn parse_head(bytes: &[u8]) -> Result<Option<(u16, String, usize)>, Failure> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| format!("no answer: {head}"))?;
    Ok(Some((status, head, end + 4)))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The text in whole chunks (RFC 9112, section 7.1).
fn without_chunks(mut bytes: &[u8]) -> String {
    let mut text = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let length = std::str::from_utf8(&bytes[..end]).ok().and_then(|length| usize::from_str_radix(length, 16).ok());
        let Some(chunk) = length.and_then(|length| bytes.get(end + 2..end + 2 + length)) else { break };
        text.extend_from_slice(chunk);
        bytes = bytes.get(end + 4 + chunk.len()..).unwrap_or_default();
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn connect(addr: SocketAddr) -> Result<TcpStream, Failure> {
    let socket = TcpStream::connect_timeout(&addr, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn read_more(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let mut buffer = [0; 4_096];
    match socket.read(&mut buffer) {
        Ok(0) => Err("the connection ended before the answer".into()),
        Ok(count) => {
            bytes.extend_from_slice(&buffer[..count]);
            Ok(())
        }
        Err(error) => Err(format!("no answer: {error}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_once_all_of_it_is_there() {
        let whole = b"HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nyes";
        for end in 0..whole.len() {
            assert!(Answer::parse(&whole[..end]).is_ok_and(|answer| answer.is_none()), "{end}");
        }
        let answer = Answer::parse(whole).ok().flatten().map(|answer| (answer.status, answer.body));
        assert_eq!(answer, Some((202, "yes".into())));
    }

    #[test]
    fn a_chunk_that_is_not_whole_is_left_for_later() {
        assert_eq!(without_chunks(b"3\r\nabc\r\nA\r\n0123456789\r\n4\r\nxy"), "abc0123456789");
    }
}
