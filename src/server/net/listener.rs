//! Sockets: listening, TLS, and how many there may be.

use super::{shutdown, tcp::Peers};
use crate::{
    model::error::{Error, Kind},
    server::{settings::Settings, sse::Hub},
};
use axum::Router;
use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

/// Connections that may wait to be accepted: after a restart everybody comes at once. The kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4_096;

/// Files kept for all but streams: pages under way, the next stream's refusal, and what is no connection.
const NOT_STREAMS: u64 = 256;

/// Files kept for all but connections: the database's, and the refusal of one connection too many.
const NOT_CONNECTIONS: u64 = 64;

/// How long a connection may stay open without a request: one that a browser keeps in store, or one that is sent a byte at a time.
const IDLE: Duration = Duration::from_secs(75);

/// Serves until a signal has ended it. An address or certificate that cannot be used is an error at once.
pub async fn serve(router: Router, settings: &Settings, hub: Hub, connections: usize) -> Result<(), Error> {
    let refuse = |what: String| move |error: io::Error| Error::invalid(format!("{what}: {error}"));
    let listener = listen(settings.addr).map_err(refuse(format!("cannot listen on {}", settings.addr)))?;
    let addr = listener.local_addr().map_err(refuse("the address".into()))?;
    let handle = Handle::new();
    let service = router.into_make_service();
    let mut server = axum_server::from_tcp(listener).map_err(refuse("the listener".into()))?.handle(handle.clone());
    if settings.tls_cert.is_none() {
        // Plain connections are HTTP/1.1 from the first byte on. To find out which it is takes the first bytes, and a connection that is
        // still being asked when the program is stopped is closed, with the request that was on its way.
        *server.http_builder() = Builder::new(TokioExecutor::new()).http1_only();
    }
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(IDLE);
    server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(settings.keep_alive);

    let tls = match (&settings.tls_cert, &settings.tls_key) {
        (Some(cert), Some(key)) => {
            let config = RustlsConfig::from_pem_chain_file(cert, key).await.map_err(refuse("--tls-cert, --tls-key".into()))?;
            // HTTP/2: a browser's tabs then share one connection, and are not limited to six streams.
            let mut with_http2 = config.get_inner().as_ref().clone();
            with_http2.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            Some(RustlsConfig::from_config(Arc::new(with_http2)))
        }
        _ => None,
    };
    let signals = shutdown::Signals::listen().map_err(refuse("signals".into()))?;
    tokio::spawn(shutdown::on_signal(signals, hub, handle));
    let peers = Peers::new(settings.keep_alive, connections, tls.is_some());
    announce(addr, settings, tls.is_some());
    let served = match tls {
        Some(tls) => server.acceptor(RustlsAcceptor::new(tls).acceptor(peers)).serve(service).await,
        None => server.acceptor(peers).serve(service).await,
    };
    served.map_err(|error| Error::new(Kind::Unavailable, format!("serving ended: {error}")))
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// How much may be open at once.
pub struct Room {
    pub streams: usize,
    pub connections: usize,
}

/// Raises the limit of open files to the hard limit, and shares it out: at most `wanted` streams, and neither more of them nor more
/// connections than there are files for, so that one too many is refused with a clear answer instead of left to wait. The usual soft
/// limit of 1,024 is there for programs that still use `select`.
pub fn room(wanted: usize) -> Room {
    let files = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(1_024, |(soft, _)| soft)
        }
    };
    let but = |others: u64| usize::try_from(files - others.min(files / 2)).unwrap_or(usize::MAX);
    let room = Room { streams: but(NOT_STREAMS).min(wanted), connections: but(NOT_CONNECTIONS) };
    tracing::info!(files, room.streams, room.connections, "limits");
    room
}

/// Whoever started the program may have closed its output by now; that stops nothing.
fn announce(addr: SocketAddr, settings: &Settings, tls: bool) {
    let scheme = if tls { "https" } else { "http" };
    let demo = if settings.demo { "Demo people: ada and grace (customers), ops (staff); password: demo\n" } else { "" };
    let _ = io::stdout().write_all(format!("Orderwire serves at {scheme}://{addr}\n{demo}").as_bytes());
}
