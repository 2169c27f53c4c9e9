//! Direct streams: an event stream over plain HTTP/1.1 without the machinery of a connection that may ask for anything.
//!
//! An idle stream in hyper holds two buffers and the connection's state. So the first bytes of a connection are looked at: a request for
//! `GET /events` that is there whole is read here, the router answers it as ever (session, rights, limits, headers), and then a small
//! task holds the socket, the stream and its places ([`DirectStream`]).
//!
//! Promises: whoever asks cannot tell the two ways apart; a request that is in any way unusual goes the ordinary way, with nothing read.

mod stream;

pub use stream::DirectStream;

use super::{addresses::Place, connection::Server, refusal::Refusal, tcp::MonitoredStream};
use crate::server::sse::{HandedOver, TakesStream};
use axum::{
    body::{Body, to_bytes},
    http::{
        HeaderName, HeaderValue, Method, Request, Response, Version,
        header::{CONNECTION, CONTENT_LENGTH, DATE, EXPECT, TRANSFER_ENCODING, UPGRADE},
    },
    response::IntoResponse,
};
use bytes::{BufMut, BytesMut};
use std::{future::poll_fn, io, net::IpAddr, time::SystemTime};
use stream::{IDLE_TALK_MAX, poll_gone};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tower::ServiceExt;

/// The longest head that is read here, in bytes.
const HEAD_MAX: usize = 8 * 1024;

/// The most headers that are read here.
const HEADERS_MAX: usize = 64;

/// The largest answer that is no stream, in bytes: a refusal is one line.
const ANSWER_MAX: usize = 64 * 1024;

/// What became of a connection.
pub enum First {
    /// Its first request is none for here: it goes the ordinary way.
    Ordinary(MonitoredStream),
    /// It has an event stream, and the place that it holds.
    Stream(DirectStream<Option<Place>>),
    /// It has been answered, or has asked nothing; it is closed.
    Over,
}

/// Looks at the first request of a connection, and answers it if it is one for an event stream.
pub async fn first(mut socket: MonitoredStream, server: &Server, peer: IpAddr) -> First {
    let mut bytes = [0; HEAD_MAX];
    let mut stopping = server.stopping.clone();
    let peeked = tokio::select! {
        peeked = timeout(server.deadlines.first_byte, socket.peek(&mut bytes)) => peeked,
        () = super::shutdown::begun(&mut stopping) => return First::Ordinary(socket),
    };
    let Ok(Ok(count)) = peeked else { return First::Over };
    let Some((request, length)) = parse(&bytes[..count]) else { return First::Ordinary(socket) };
    if length != count {
        return First::Ordinary(socket);
    }
    // What was looked at is there: only a connection that has broken fails.
    if socket.read_exact(&mut bytes[..length]).await.is_err() {
        return First::Over;
    }
    let (response, place) = answer(request, server, peer).await;
    if let Some(stream) = response.extensions().get::<HandedOver>().and_then(HandedOver::take) {
        let head = head(&response, TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        return First::Stream(DirectStream::new(socket, head, stream, place));
    }
    if let Err(error) = refuse(&mut socket, response, server).await {
        tracing::debug!(%error, "a client left before its answer");
    }
    First::Over
}

/// The request at the beginning of `bytes`, and the length of its head: if it asks for an event stream, as clients do.
fn parse(bytes: &[u8]) -> Option<(Request<Body>, usize)> {
    if !bytes.starts_with(b"GET /events") {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(bytes).ok()? else { return None };
    let path = parsed.path?;
    if parsed.version != Some(1) || path.split('?').next() != Some("/events") {
        return None;
    }
    let mut request = Request::builder().method(Method::GET).uri(path).version(Version::HTTP_11).extension(TakesStream);
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        if [CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE, EXPECT].contains(&name) {
            return None;
        }
        request = request.header(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    Some((request.body(Body::empty()).ok()?, length))
}

/// The router's answer, and the place of the client's address that it holds.
async fn answer(mut request: Request<Body>, server: &Server, peer: IpAddr) -> (Response<Body>, Option<Place>) {
    let client = server.addresses.client(peer, request.headers());
    let Some(place) = server.addresses.enter_request(peer, client) else {
        return (Refusal::REQUESTS_OF_ADDRESS.into_response(), None);
    };
    request.extensions_mut().insert(client);
    let response = match timeout(server.deadlines.request, server.router.clone().oneshot(request)).await {
        Ok(Ok(response)) => response,
        Err(_) => Refusal::ANSWER_LATE.into_response(),
    };
    (response, place)
}

/// The head of a response, with the header that says where its body ends. The connection ends with it.
fn head(response: &Response<Body>, name: HeaderName, value: HeaderValue) -> BytesMut {
    let mut headers = response.headers().clone();
    headers.remove(CONTENT_LENGTH);
    headers.insert(name, value);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(SystemTime::now())) {
        headers.insert(DATE, date);
    }
    let mut head = BytesMut::new();
    head.put_slice(format!("HTTP/1.1 {}\r\n", response.status()).as_bytes());
    for (name, value) in &headers {
        head.put_slice(name.as_str().as_bytes());
        head.put_slice(b": ");
        head.put_slice(value.as_bytes());
        head.put_slice(b"\r\n");
    }
    head.put_slice(b"\r\n");
    head
}

/// Sends an answer that is no stream, and ends the connection.
async fn refuse(socket: &mut MonitoredStream, mut response: Response<Body>, server: &Server) -> io::Result<()> {
    let body = to_bytes(std::mem::take(response.body_mut()), ANSWER_MAX).await.map_err(io::Error::other)?;
    let mut bytes = head(&response, CONTENT_LENGTH, body.len().into());
    bytes.put_slice(&body);
    socket.write_all(&bytes).await?;
    socket.shutdown().await?;
    // Closing a socket with unread bytes resets it, and the client could lose the answer.
    let mut talk = IDLE_TALK_MAX;
    let _ = timeout(server.deadlines.closing, poll_fn(|context| poll_gone(socket, &mut talk, context))).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "\r\nhost: a\r\n";

    fn is_here(request: &str) -> bool {
        parse(request.as_bytes()).is_some()
    }

    #[test]
    fn a_request_for_the_stream_is_read_here_and_any_other_goes_the_ordinary_way() {
        let (request, length) = parse(b"GET /events?after=e-1 HTTP/1.1\r\nHost: a\r\nCookie: c=1\r\n\r\n").unwrap();
        assert_eq!((request.uri().query(), request.headers()["cookie"].to_str().unwrap(), length), (Some("after=e-1"), "c=1", 56));
        assert!(is_here(&format!("GET /events HTTP/1.1{HOST}\r\n")));
        for other in [
            format!("GET /events HTTP/1.0{HOST}\r\n"),
            format!("GET /eventsx HTTP/1.1{HOST}\r\n"),
            format!("GET /events/ HTTP/1.1{HOST}\r\n"),
            format!("HEAD /events HTTP/1.1{HOST}\r\n"),
            format!("POST /events HTTP/1.1{HOST}\r\n"),
            format!("GET /events HTTP/1.1{HOST}"),
            format!("GET /events HTTP/1.1{HOST}content-length: 0\r\n\r\n"),
            format!("GET /events HTTP/1.1{HOST}transfer-encoding: chunked\r\n\r\n"),
            format!("GET /events HTTP/1.1{HOST}upgrade: h2c\r\n\r\n"),
            format!("GET /events HTTP/1.1{HOST}bad header: x\r\n\r\n"),
            format!("GET /events HTTP/1.1{HOST}{}\r\n", "x: y\r\n".repeat(HEADERS_MAX)),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        ] {
            assert!(!is_here(&other), "{other}");
        }
    }
}
