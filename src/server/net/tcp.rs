//! A connection and its peer.
//!
//! Promises: a peer that vanished, or takes nothing, is found out within two keep-alives; what is held for it until then is bounded. One
//! connection more than there are files for is told so at once, and the others go on.

use axum_server::accept::Accept;
use socket2::SockRef;
use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// However short the keep-alive is: a lost packet must have time to be sent again.
const LEAST: Duration = Duration::from_secs(5);

/// Bytes that the kernel keeps for a peer before it has room for them; the rest stays with whoever writes. Unsaid, that is megabytes.
const UNSENT: u32 = 32 * 1024;

/// What one connection too many is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-type: application/json\r\n\
    content-length: 65\r\n\r\n{\"error\":\"too many open connections; try again in some seconds\"}\n";

/// How long that may take.
const REFUSING: Duration = Duration::from_secs(1);

/// Prepares each connection.
#[derive(Clone)]
pub struct Peers {
    /// How long what was sent may stay unanswered. Below the keep-alive, so that a peer which vanished in a quiet hour is found out
    /// before the second sign of life.
    unanswered: Duration,
    /// How long a peer whose window is full may take nothing.
    untaken: Duration,
    places: Arc<Semaphore>,
    /// Before the handshake there is no way to say anything over TLS.
    full: &'static [u8],
}

impl Peers {
    pub fn new(keep_alive: Duration, places: usize, tls: bool) -> Self {
        Self {
            unanswered: (keep_alive * 5 / 6).max(LEAST),
            untaken: (keep_alive * 2).max(LEAST),
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            full: if tls { b"" } else { FULL },
        }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Peers {
    type Stream = Connection;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Connection, S)>> + Send>>;

    fn accept(&self, tcp: TcpStream, service: S) -> Self::Future {
        let peers = self.clone();
        Box::pin(async move {
            let Ok(place) = peers.places.try_acquire_owned() else {
                let _ = timeout(REFUSING, refuse(tcp, peers.full)).await;
                return Err(io::Error::other("too many connections"));
            };
            tcp.set_nodelay(true)?;
            SockRef::from(&tcp).set_tcp_notsent_lowat(UNSENT)?;
            let connection = Connection { tcp, unanswered: peers.unanswered, untaken: peers.untaken, is_full: false, _place: place };
            connection.limit(peers.unanswered)?;
            Ok((connection, service))
        })
    }
}

/// Says so and waits for the peer to close: closed with its request unread, the answer could be lost on the way.
async fn refuse(mut tcp: TcpStream, answer: &[u8]) -> io::Result<()> {
    tcp.write_all(answer).await?;
    tcp.shutdown().await?;
    let mut request = [0; 1_024];
    while tcp.read(&mut request).await? > 0 {}
    Ok(())
}

/// A connection that the kernel breaks where the peer vanished, or takes nothing.
pub struct Connection {
    tcp: TcpStream,
    unanswered: Duration,
    untaken: Duration,
    /// The peer has no room.
    is_full: bool,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// How long the kernel waits for the peer's answer. It takes "no room" for none, though the peer is there.
    fn limit(&self, unanswered: Duration) -> io::Result<()> {
        SockRef::from(&self.tcp).set_tcp_user_timeout(Some(unanswered))
    }

    /// Changes the limit when the peer's room ends, and when there is some again.
    fn noted<T>(&mut self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if self.is_full != written.is_pending() {
            self.is_full = !self.is_full;
            self.limit(if self.is_full { self.untaken } else { self.unanswered })?;
        }
        written
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(context, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context, pieces: &[IoSlice]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(context, pieces);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
