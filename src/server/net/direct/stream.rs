//! A direct stream: a socket, and the event stream that is written to it, each piece as a chunk (RFC 9112, section 7.1).
//!
//! Two write to the socket, in turns: the stream's task, and the hub while the stream waits ([`Sink`]). Promise: what the socket has not taken
//! yet is written before all else, and until then nothing more is taken from the stream: a slow client costs its cursor and one chunk.

use super::super::tcp::MonitoredStream;
use crate::server::sse::{EventStream, Sink, Taken};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt};
use std::{
    fmt::Write,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

/// Bytes that a client may send while it reads; it has nothing to say.
pub const IDLE_TALK_MAX: usize = 8 * 1024;

/// The chunk that ends a body.
const LAST_CHUNK: Bytes = Bytes::from_static(b"0\r\n\r\n");

/// An open event stream on its socket, as a future that ends with it. It holds its places until then.
pub struct DirectStream<P> {
    outlet: Arc<Outlet>,
    stream: EventStream,
    /// The last chunk has been put into the outlet.
    ended: bool,
    /// Bytes that the client may still send.
    talk: usize,
    places: P,
}

impl<P> DirectStream<P> {
    /// The stream on its socket, behind the response's head.
    pub fn new(socket: MonitoredStream, head: BytesMut, mut stream: EventStream, places: P) -> Self {
        let mut first = head;
        // With the head, in one packet.
        if let Some(Some(piece)) = stream.next().now_or_never() {
            put_chunk(&mut first, &[piece]);
        }
        let outlet = Arc::new(Outlet { socket, unsent: Mutex::new(first.freeze()) });
        stream.attach(outlet.clone());
        Self { outlet, stream, ended: false, talk: IDLE_TALK_MAX, places }
    }

    /// The same, with more places.
    pub fn with<Q>(self, places: impl FnOnce(P) -> Q) -> DirectStream<Q> {
        let Self { outlet, stream, ended, talk, places: held } = self;
        DirectStream { outlet, stream, ended, talk, places: places(held) }
    }
}

impl<P: Unpin> Future for DirectStream<P> {
    type Output = ();

    /// Writes the stream to its end, or until the client leaves.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            match this.outlet.poll_flush(context) {
                Poll::Ready(Ok(())) if this.ended => {
                    let _ = this.outlet.socket.end();
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
            match this.stream.poll_next_unpin(context) {
                Poll::Ready(Some(piece)) => this.outlet.put(this.outlet.frame(&[piece])),
                Poll::Ready(None) => {
                    this.outlet.put(LAST_CHUNK);
                    this.ended = true;
                }
                Poll::Pending => break,
            }
        }
        poll_gone(&this.outlet.socket, &mut this.talk, context)
    }
}

/// The way out of a direct stream.
struct Outlet {
    socket: MonitoredStream,
    /// What the socket has not taken yet.
    unsent: Mutex<Bytes>,
}

impl Sink for Outlet {
    fn frame(&self, pieces: &[Bytes]) -> Bytes {
        let mut chunk = BytesMut::new();
        put_chunk(&mut chunk, pieces);
        chunk.freeze()
    }

    fn try_write(&self, framed: &Bytes) -> Taken {
        let mut unsent = self.unsent();
        if !unsent.is_empty() {
            return Taken::Nothing;
        }
        match self.socket.try_write(framed) {
            Ok(count) if count == framed.len() => Taken::All,
            Ok(count) => {
                *unsent = framed.slice(count..);
                Taken::Partly
            }
            // There is no room, for which the stream's task waits; or it is broken, which the task finds out.
            Err(_) => Taken::Nothing,
        }
    }
}

impl Outlet {
    /// Adds a chunk of the stream's, behind what the hub may have written before the stream took its turn.
    fn put(&self, chunk: Bytes) {
        let mut unsent = self.unsent();
        *unsent = if unsent.is_empty() { chunk } else { [unsent.as_ref(), &chunk].concat().into() };
    }

    /// Writes what the socket has not taken yet.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut unsent = self.unsent();
            if unsent.is_empty() {
                *unsent = Bytes::new();
                return Poll::Ready(Ok(()));
            }
            let count = ready!(self.socket.poll_try_write(context, &unsent))?;
            let _ = unsent.split_to(count);
        }
    }

    // Nothing panics while it holds the lock.
    fn unsent(&self) -> MutexGuard<'_, Bytes> {
        self.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ready when the client has closed the connection, or talks on where it has nothing to say.
pub fn poll_gone(socket: &MonitoredStream, talk: &mut usize, context: &mut Context<'_>) -> Poll<()> {
    let mut bytes = [0; 256];
    loop {
        match ready!(socket.poll_try_read(context, &mut bytes)) {
            Ok(count) if count > 0 && count <= *talk => *talk -= count,
            _ => return Poll::Ready(()),
        }
    }
}

fn put_chunk(chunk: &mut BytesMut, pieces: &[Bytes]) {
    let length: usize = pieces.iter().map(Bytes::len).sum();
    chunk.reserve(length + 16);
    // Writing to memory cannot fail.
    let _ = write!(chunk, "{length:x}\r\n");
    pieces.iter().for_each(|piece| chunk.put_slice(piece));
    chunk.put_slice(b"\r\n");
}
