//! TCP limits: dead-peer detection and bounded kernel buffers.
//!
//! Promises: a peer that has vanished, or that takes nothing, is found out within two keep-alives; what the kernel holds for it until then
//! is bounded.

use socket2::SockRef;
use std::{
    io::{self, IoSlice},
    net::Shutdown,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The shortest timeout, however short the keep-alive is: a lost packet must have time to be sent again.
const TIMEOUT_MIN: Duration = Duration::from_secs(5);

/// Unsent bytes that the kernel keeps of one connection (TCP_NOTSENT_LOWAT); the rest stays with the writer. Its default is megabytes.
const UNSENT_MAX: u32 = 32 * 1024;

/// The limits of each connection.
#[derive(Clone, Copy)]
pub struct TcpLimits {
    /// TCP_USER_TIMEOUT (tcp(7), RFC 5482) while the peer has room: how long sent bytes may stay unacknowledged. Below the keep-alive, so
    /// that a peer which vanished from a quiet stream is found out before the second keep-alive.
    unacknowledged: Duration,
    /// TCP_USER_TIMEOUT while the peer's receive window is full: how long it may take nothing.
    pub untaken: Duration,
}

impl TcpLimits {
    pub fn new(keep_alive: Duration) -> Self {
        Self { unacknowledged: (keep_alive * 5 / 6).max(TIMEOUT_MIN), untaken: (keep_alive * 2).max(TIMEOUT_MIN) }
    }

    /// Sets the limits of a connection.
    pub fn apply(self, tcp: TcpStream) -> io::Result<MonitoredStream> {
        tcp.set_nodelay(true)?;
        SockRef::from(&tcp).set_tcp_notsent_lowat(UNSENT_MAX)?;
        let stream = MonitoredStream { tcp, limits: self, is_full: AtomicBool::new(false) };
        stream.set_user_timeout(self.unacknowledged)?;
        Ok(stream)
    }
}

/// A connection that the kernel breaks when the peer has vanished or takes nothing.
pub struct MonitoredStream {
    tcp: TcpStream,
    limits: TcpLimits,
    /// The last write found no room: the peer's receive window is full.
    is_full: AtomicBool,
}

impl MonitoredStream {
    /// What the peer has sent, as far as it is there; it stays there. Waits for the first byte.
    pub async fn peek(&self, into: &mut [u8]) -> io::Result<usize> {
        self.tcp.peek(into).await
    }

    /// Writes what there is room for, at once; [`io::ErrorKind::WouldBlock`] where there is none.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.try_write(bytes)
    }

    /// Likewise, when there is room.
    pub fn poll_try_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.watch(poll_ready(context, |context| self.tcp.poll_write_ready(context), || self.tcp.try_write(bytes)))
    }

    /// What the peer has sent, when something is there; nothing at its end.
    pub fn poll_try_read(&self, context: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        poll_ready(context, |context| self.tcp.poll_read_ready(context), || self.tcp.try_read(into))
    }

    /// Says that nothing more will be written.
    pub fn end(&self) -> io::Result<()> {
        SockRef::from(&self.tcp).shutdown(Shutdown::Write)
    }

    fn set_user_timeout(&self, limit: Duration) -> io::Result<()> {
        SockRef::from(&self.tcp).set_tcp_user_timeout(Some(limit))
    }

    /// Changes the timeout when the peer's window fills and when it opens again. The kernel takes a zero window for no acknowledgement,
    /// though the peer is there: it only reads slowly, and gets longer.
    fn watch<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let is_full = written.is_pending();
        if self.is_full.swap(is_full, Ordering::Relaxed) != is_full {
            self.set_user_timeout(if is_full { self.limits.untaken } else { self.limits.unacknowledged })?;
        }
        written
    }
}

/// Does something as soon as the socket is ready for it.
fn poll_ready(
    context: &mut Context<'_>,
    poll_ready: impl Fn(&mut Context<'_>) -> Poll<io::Result<()>>,
    mut act: impl FnMut() -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(poll_ready(context))?;
        match act() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return Poll::Ready(done),
        }
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
