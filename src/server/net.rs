//! Sockets: listening, TLS, and finding out that a peer is gone.

use super::{drain, live::Hub, settings::Settings};
use crate::error::{Error, Kind};
use axum::Router;
use axum_server::{
    Handle, Server,
    accept::Accept,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::rt::TokioTimer;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::{
    future::{Ready, ready},
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

/// Connections that may wait to be accepted: after a restart everybody comes at once. The kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4_096;

/// How long a reader may take nothing before its connection is closed.
const STALLED: Duration = Duration::from_secs(60);

/// Files kept for all but streams: the database, pages under way, the next stream's refusal.
const OTHER_FILES: u64 = 256;

/// How long a connection may stay open without a request: one that a browser keeps in store, or one that is sent a byte at a time.
const IDLE: Duration = Duration::from_secs(75);

/// Serves until a signal has ended it. An address or certificate that cannot be used is an error at once.
pub async fn serve(router: Router, settings: &Settings, hub: Hub) -> Result<(), Error> {
    let refuse = |what: String| move |error: io::Error| Error::invalid(format!("{what}: {error}"));
    let listener = listen(settings.addr).map_err(refuse(format!("cannot listen on {}", settings.addr)))?;
    let addr = listener.local_addr().map_err(refuse("the address".into()))?;
    let handle = Handle::new();
    let service = router.into_make_service();
    let acceptor = Watched { unanswered: (settings.keep_alive * 5 / 6).max(LEAST_UNANSWERED) };
    let mut server = axum_server::from_tcp(listener).map_err(refuse("the listener".into()))?.handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(IDLE);
    server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(settings.keep_alive);

    let tls = match (&settings.tls_cert, &settings.tls_key) {
        (Some(cert), Some(key)) => {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_chain_file(cert, key).await.map_err(refuse("--tls-cert, --tls-key".into()))?;
            // HTTP/2: a browser's tabs then share one connection, and are not limited to six streams.
            let mut with_http2 = config.get_inner().as_ref().clone();
            with_http2.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            Some(RustlsConfig::from_config(Arc::new(with_http2)))
        }
        _ => None,
    };
    let signals = drain::Signals::listen().map_err(refuse("signals".into()))?;
    tokio::spawn(drain::on_signal(signals, hub, handle));
    announce(addr, settings, tls.is_some());
    let served = match tls {
        Some(tls) => server.acceptor(RustlsAcceptor::new(tls).acceptor(acceptor)).serve(service).await,
        None => plain(server, acceptor).serve(service).await,
    };
    served.map_err(|error| Error::new(Kind::Unavailable, format!("serving ended: {error}")))
}

fn plain(server: Server<SocketAddr>, acceptor: Watched) -> Server<SocketAddr, Watched> {
    server.acceptor(acceptor)
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Raises the limit of open files to the hard limit, and says how many streams may be open: at most `wanted`, and no more than there
/// are files for, so that one too many is refused with a clear answer instead of left to wait. The usual soft limit of 1,024 is there
/// for programs that still use `select`.
pub fn room_for_streams(wanted: usize) -> usize {
    let files = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(1_024, |(soft, _)| soft)
        }
    };
    let room = usize::try_from(files - OTHER_FILES.min(files / 2)).unwrap_or(usize::MAX).min(wanted);
    tracing::info!(files, streams = room, "limits");
    room
}

/// Whoever started the program may have closed its output by now; that stops nothing.
fn announce(addr: SocketAddr, settings: &Settings, tls: bool) {
    let scheme = if tls { "https" } else { "http" };
    let demo = if settings.demo { "Demo people: ada and grace (customers), ops (staff); password: demo\n" } else { "" };
    let _ = io::stdout().write_all(format!("Orderwire serves at {scheme}://{addr}\n{demo}").as_bytes());
}

/// However short the keep-alive is: a lost packet must have time to be sent again.
const LEAST_UNANSWERED: Duration = Duration::from_secs(5);

/// Prepares each connection so that a peer that vanished, or takes nothing, is found out by the kernel and by us.
#[derive(Clone)]
struct Watched {
    /// How long what was sent may stay unanswered by the peer, or untaken where its window is full. Below the keep-alive, so that a
    /// peer which vanished is found out before the second sign of life.
    unanswered: Duration,
}

impl<S> Accept<TcpStream, S> for Watched {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, tcp: TcpStream, service: S) -> Self::Future {
        let prepared = tcp.set_nodelay(true).and_then(|()| SockRef::from(&tcp).set_tcp_user_timeout(Some(self.unanswered)));
        let mut stream = TimeoutStream::new(tcp);
        stream.set_write_timeout(Some(STALLED));
        ready(prepared.map(|()| (Box::pin(stream), service)))
    }
}
