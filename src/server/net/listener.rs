//! The listener: accepts connections, plain or with TLS, until a signal ends it.

use super::{serve_error::ServeError, shutdown, tcp::TcpLimits};
use crate::server::{settings::Settings, sse::Hub};
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

/// Connections that may wait to be accepted: after a restart, all clients come at once. The kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4_096;

/// How long a connection may stay open without a request: one that a browser keeps for later, or one whose head comes a byte at a time.
const IDLE: Duration = Duration::from_secs(75);

/// Serves until a signal has ended it; at most `connections` at once.
pub async fn serve(router: Router, settings: &Settings, hub: Hub, connections: usize) -> Result<(), ServeError> {
    let cannot_listen = |error| ServeError::Listen(settings.addr, error);
    let listener = listen(settings.addr).map_err(cannot_listen)?;
    let addr = listener.local_addr().map_err(cannot_listen)?;
    let handle = Handle::new();
    let service = router.into_make_service();
    let mut server = axum_server::from_tcp(listener).map_err(cannot_listen)?.handle(handle.clone());
    if settings.tls_cert.is_none() {
        // Plain connections are HTTP/1.1 from the first byte on. Detecting the version would take the first bytes, and a connection in
        // that state is closed in shutdown, together with the request that was on its way.
        *server.http_builder() = Builder::new(TokioExecutor::new()).http1_only();
    }
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(IDLE);
    server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(settings.keep_alive);

    let tls = tls(settings).await.map_err(ServeError::Certificate)?;
    let signals = shutdown::Signals::listen().map_err(ServeError::Signals)?;
    tokio::spawn(shutdown::on_signal(signals, hub, handle));
    let limits = TcpLimits::new(settings.keep_alive, connections, tls.is_some());
    announce(addr, settings, tls.is_some());
    let served = match tls {
        Some(tls) => server.acceptor(RustlsAcceptor::new(tls).acceptor(limits)).serve(service).await,
        None => server.acceptor(limits).serve(service).await,
    };
    served.map_err(ServeError::Ended)
}

async fn tls(settings: &Settings) -> io::Result<Option<RustlsConfig>> {
    let (Some(cert), Some(key)) = (&settings.tls_cert, &settings.tls_key) else { return Ok(None) };
    let config = RustlsConfig::from_pem_chain_file(cert, key).await?;
    // HTTP/2: a browser's tabs then share one connection, and are not limited to six streams.
    let mut with_http2 = config.get_inner().as_ref().clone();
    with_http2.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(RustlsConfig::from_config(Arc::new(with_http2))))
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Prints the address. Whoever started the program may have closed its output by now; serving goes on.
fn announce(addr: SocketAddr, settings: &Settings, tls: bool) {
    let scheme = if tls { "https" } else { "http" };
    let demo = if settings.demo { "Demo users: ada and grace (customers), ops (staff); password: demo\n" } else { "" };
    let _ = io::stdout().write_all(format!("Orderwire serves at {scheme}://{addr}\n{demo}").as_bytes());
}
