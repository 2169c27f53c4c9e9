//! TCP limits: dead-peer detection, bounded kernel buffers, and a bound on the number of connections.
//!
//! Promises: a peer that has vanished, or that takes nothing, is found out within two keep-alives; what the kernel holds for it until then
//! is bounded. One connection too many gets a refusal at once, and the others go on.

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

/// The shortest timeout, however short the keep-alive is: a lost packet must have time to be sent again.
const TIMEOUT_MIN: Duration = Duration::from_secs(5);

/// Unsent bytes that the kernel keeps of one connection (TCP_NOTSENT_LOWAT); the rest stays with the writer. Its default is megabytes.
const UNSENT_MAX: u32 = 32 * 1024;

/// The answer to one connection too many.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-type: application/json\r\n\
    content-length: 65\r\n\r\n{\"error\":\"too many open connections; try again in some seconds\"}\n";

/// How long sending that answer may take.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// Accepts connections under these limits.
#[derive(Clone)]
pub struct TcpLimits {
    /// TCP_USER_TIMEOUT (tcp(7), RFC 5482) while the peer has room: how long sent bytes may stay unacknowledged. Below the keep-alive, so
    /// that a peer which vanished from a quiet stream is found out before the second keep-alive.
    unacknowledged: Duration,
    /// TCP_USER_TIMEOUT while the peer's receive window is full: how long it may take nothing.
    untaken: Duration,
    permits: Arc<Semaphore>,
    /// Empty over TLS: nothing can be sent before the handshake.
    refusal: &'static [u8],
}

impl TcpLimits {
    pub fn new(keep_alive: Duration, connections: usize, tls: bool) -> Self {
        Self {
            unacknowledged: (keep_alive * 5 / 6).max(TIMEOUT_MIN),
            untaken: (keep_alive * 2).max(TIMEOUT_MIN),
            permits: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            refusal: if tls { b"" } else { FULL },
        }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for TcpLimits {
    type Stream = MonitoredStream;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(MonitoredStream, S)>> + Send>>;

    fn accept(&self, tcp: TcpStream, service: S) -> Self::Future {
        let limits = self.clone();
        Box::pin(async move {
            let Ok(permit) = limits.permits.try_acquire_owned() else {
                let _ = timeout(REFUSAL_TIMEOUT, refuse(tcp, limits.refusal)).await;
                return Err(io::Error::other("too many connections"));
            };
            tcp.set_nodelay(true)?;
            SockRef::from(&tcp).set_tcp_notsent_lowat(UNSENT_MAX)?;
            let (unacknowledged, untaken) = (limits.unacknowledged, limits.untaken);
            let stream = MonitoredStream { tcp, unacknowledged, untaken, is_full: false, _permit: permit };
            stream.set_user_timeout(unacknowledged)?;
            Ok((stream, service))
        })
    }
}

/// Sends the answer, then waits until the peer closes: closing a socket with unread bytes resets it, and the peer could lose the answer.
async fn refuse(mut tcp: TcpStream, answer: &[u8]) -> io::Result<()> {
    tcp.write_all(answer).await?;
    tcp.shutdown().await?;
    let mut request = [0; 1_024];
    while tcp.read(&mut request).await? > 0 {}
    Ok(())
}

/// A connection that the kernel breaks when the peer has vanished or takes nothing.
pub struct MonitoredStream {
    tcp: TcpStream,
    unacknowledged: Duration,
    untaken: Duration,
    /// The last write found no room: the peer's receive window is full.
    is_full: bool,
    _permit: OwnedSemaphorePermit,
}

impl MonitoredStream {
    fn set_user_timeout(&self, limit: Duration) -> io::Result<()> {
        SockRef::from(&self.tcp).set_tcp_user_timeout(Some(limit))
    }

    /// Changes the timeout when the peer's window fills and when it opens again. The kernel takes a zero window for no acknowledgement,
    /// though the peer is there: it only reads slowly, and gets longer.
    fn watch<T>(&mut self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if self.is_full != written.is_pending() {
            self.is_full = !self.is_full;
            self.set_user_timeout(if self.is_full { self.untaken } else { self.unacknowledged })?;
        }
        written
    }
}

impl AsyncRead for MonitoredStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for MonitoredStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(context, bytes);
        self.watch(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context, slices: &[IoSlice]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(context, slices);
        self.watch(written)
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
