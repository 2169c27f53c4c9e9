//! One connection: its handshake, its requests, and its end.
//!
//! Promises: a connection that asks for nothing is closed at its deadline; a response on HTTP/2 whose client takes nothing is ended.

use super::{
    activity::{Activity, Version},
    addresses::Addresses,
    deadlines::Deadlines,
    request, shutdown,
};
use axum::Router;
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use std::{
    convert::Infallible,
    io::{self, IoSlice},
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsAcceptor;

/// How often a connection looks for responses that stall, within the time that they may.
const LOOKS: u32 = 4;

/// How connections are served. Clones share it.
#[derive(Clone)]
pub struct Server {
    pub router: Router,
    pub addresses: Addresses,
    pub deadlines: Deadlines,
    /// The interval of HTTP/2's own keep-alives.
    pub keep_alive: Duration,
    /// How long a response on HTTP/2 may wait for its client.
    pub untaken: Duration,
    /// The configuration of the handshakes to come.
    pub tls: Option<watch::Receiver<Arc<rustls::ServerConfig>>>,
    /// Whether event streams over plain HTTP/1.1 are direct ([`super::direct`]).
    pub direct: bool,
    /// Becomes true when the program stops.
    pub stopping: watch::Receiver<bool>,
}

impl Server {
    /// Serves a connection to its end.
    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S, peer: IpAddr) {
        // In boxes: the task is as large as the path that it takes, and not as the largest.
        let Some(tls) = &self.tls else { return Box::pin(self.requests(stream, peer, Version::Http1)).await };
        let acceptor = TlsAcceptor::from(tls.borrow().clone());
        // A handshake that fails, or takes too long: there is nobody to tell.
        let Ok(Ok(stream)) = Box::pin(timeout(self.deadlines.first_byte, acceptor.accept(stream))).await else { return };
        let version = if stream.get_ref().1.alpn_protocol() == Some(b"h2") { Version::Http2 } else { Version::Http1 };
        Box::pin(self.requests(stream, peer, version)).await
    }

    /// The version is known from the start: reading it from the first bytes would have no deadline, and a connection in that state would
    /// be closed in shutdown together with the request that was on its way.
    async fn requests<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(mut self, stream: S, peer: IpAddr, version: Version) {
        let activity = Activity::new(version, self.deadlines);
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(self.keep_alive);
        let builder = match version {
            Version::Http1 => builder.http1_only(),
            Version::Http2 => builder.http2_only(),
        };
        let io = TokioIo::new(ObservedStream { stream, activity: activity.clone() });
        let service = service_fn(|request| {
            let (router, addresses, activity) = (self.router.clone(), self.addresses.clone(), activity.clone());
            let deadlines = self.deadlines;
            // In a box, which is gone with the answer: hyper keeps the room for a future as long as the connection.
            Box::pin(async move { Ok::<_, Infallible>(request::answer(router, request, peer, &addresses, &activity, deadlines).await) })
        });
        let mut connection = pin!(builder.serve_connection(io, service));
        tokio::select! {
            // It has ended, or failed: either way there is nobody to tell.
            _ = &mut connection => return,
            () = watch(&activity, self.untaken) => {}
            () = shutdown::begun(&mut self.stopping) => {
                connection.as_mut().graceful_shutdown();
                // The program cuts what is left in the end.
                tokio::select! {
                    _ = &mut connection => return,
                    () = watch(&activity, self.untaken) => {}
                }
            }
        }
        // A request that comes at this moment still gets its answer.
        connection.as_mut().graceful_shutdown();
        loop {
            if timeout(self.deadlines.closing, &mut connection).await.is_ok() || activity.deadline().is_some() {
                return;
            }
            tokio::select! {
                _ = &mut connection => return,
                () = watch(&activity, self.untaken) => {}
            }
        }
    }
}

/// Returns at the deadline of a connection without a request under way; ends responses that stall.
async fn watch(activity: &Activity, untaken: Duration) {
    let mut look = Instant::now();
    loop {
        let deadline = activity.deadline();
        let now = Instant::now();
        if deadline.is_some_and(|deadline| deadline <= now) {
            return;
        }
        if look <= now {
            activity.end_stalled(untaken);
            look = now + untaken / LOOKS;
        }
        let next = [deadline, activity.is_watching().then_some(look)].into_iter().flatten().min();
        let timer = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = activity.changed.notified() => {}
            () = timer => {}
        }
    }
}

/// A connection's bytes; notes when some come.
struct ObservedStream<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S: AsyncRead + Unpin> AsyncRead for ObservedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ObservedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context, slices: &[IoSlice]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    /// Longer than any test waits.
    const LONG: Duration = Duration::from_secs(3_600);
    const SHORT: Duration = Duration::from_millis(200);
    const PATIENCE: Duration = Duration::from_secs(60);
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    /// A connection under these deadlines to a server that answers at once, and at `/slow` never.
    fn connect(deadlines: Deadlines) -> DuplexStream {
        let router = Router::new().route("/", get("ok")).route("/slow", get(std::future::pending::<&str>));
        let (client, server) = duplex(4_096);
        let (stop, stopping) = watch::channel(false);
        let addresses = Addresses::new(0, &[]);
        let served = Server { router, addresses, deadlines, keep_alive: LONG, untaken: LONG, tls: None, direct: false, stopping };
        tokio::spawn(async move {
            served.serve(server, [127, 0, 0, 1].into()).await;
            drop(stop);
        });
        client
    }

    fn all_long() -> Deadlines {
        Deadlines { first_byte: LONG, head: LONG, body: LONG, request: LONG, idle: LONG, closing: SHORT }
    }

    async fn read_to_end(client: &mut DuplexStream) -> String {
        let mut answer = String::new();
        timeout(PATIENCE, client.read_to_string(&mut answer)).await.expect("it stays open").unwrap();
        answer
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed_at_its_deadline_and_each_request_begins_it_anew() {
        let mut client = connect(Deadlines { idle: SHORT, ..all_long() });
        let mut asked = Instant::now();
        for _ in 0..2 {
            asked = Instant::now();
            client.write_all(REQUEST).await.unwrap();
            let mut answer = Vec::new();
            while !answer.ends_with(b"\r\n\r\nok") {
                let count = timeout(PATIENCE, client.read_buf(&mut answer)).await.expect("no answer").unwrap();
                assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
            }
        }
        assert_eq!(read_to_end(&mut client).await, "");
        assert!(asked.elapsed() >= SHORT, "not before");
    }

    #[tokio::test]
    async fn a_connection_with_a_request_under_way_is_not_idle() {
        let mut client = connect(Deadlines { first_byte: SHORT, head: SHORT, idle: SHORT, request: 4 * SHORT, body: SHORT, ..all_long() });
        let begun = Instant::now();
        client.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let answer = read_to_end(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nretry-after: "), "{answer}");
        assert!(begun.elapsed() >= 4 * SHORT, "its answer had that long");
    }
}
