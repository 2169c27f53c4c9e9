//! The listener: accepts connections, plain or with TLS, until a signal ends it.
//!
//! Promise: one connection too many gets a refusal at once, and the others go on.

use super::{
    addresses::{Addresses, Place},
    connection::Server,
    deadlines::Deadlines,
    direct::{self, DirectStream, First},
    refusal::Refusal,
    serve_error::ServeError,
    shutdown,
    tcp::TcpLimits,
    tls::tls,
};
use crate::server::{settings::Settings, sse::Hub};
use axum::Router;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// Connections that may wait to be accepted: after a restart, all clients come at once. The kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4_096;

/// How long the listener waits after a failure to accept: there is no file left, and some close.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// How long sending a refusal may take.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// What is served: the program, and its metrics where they have an address of their own.
pub struct Routers {
    pub main: Router,
    pub metrics: Router,
}

/// Serves until a signal has ended it; at most `connections` at once.
pub async fn serve(routers: Routers, settings: &Settings, hub: Hub, connections: usize) -> Result<(), ServeError> {
    let listener = listen(settings.addr)?;
    let metrics = settings.metrics_addr.map(listen).transpose()?;
    let addr = listener.local_addr().map_err(|error| ServeError::Listen(settings.addr, error))?;
    let tls = tls(settings).map_err(ServeError::Certificate)?;
    let signals = shutdown::Signals::listen().map_err(ServeError::Signals)?;
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(shutdown::on_signal(signals, hub, stop));
    let tcp = TcpLimits::new(settings.keep_alive);
    let server = Server {
        router: routers.main,
        addresses: Addresses::new(settings.max_connections_per_address, &settings.trusted_proxy),
        deadlines: Deadlines::POLICY,
        keep_alive: settings.keep_alive,
        untaken: tcp.untaken,
        tls,
        direct: settings.direct_streams,
        stopping,
    };
    announce(addr, settings, server.tls.is_some());
    let permits = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
    let metrics_server = Server { router: routers.metrics, addresses: Addresses::new(0, &[]), tls: None, ..server.clone() };
    let main = accept(listener, server, tcp, permits.clone());
    match metrics {
        Some(metrics) => _ = tokio::join!(main, accept(metrics, metrics_server, tcp, permits)),
        None => main.await,
    }
    Ok(())
}

/// Accepts until the program stops, then waits for what is open, and cuts what is left.
async fn accept(listener: TcpListener, server: Server, tcp: TcpLimits, permits: Arc<Semaphore>) {
    let mut connections = JoinSet::<Option<Box<Stream>>>::new();
    let mut stopping = server.stopping.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown::begun(&mut stopping) => break,
            Some(ended) = connections.join_next() => {
                // A task of its own, which is small: what a connection needs before, the stream does not.
                if let Ok(Some(stream)) = ended {
                    connections.spawn(run(*stream));
                }
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => _ = connections.spawn(admit(stream, peer.ip().to_canonical(), server.clone(), tcp, permits.clone())),
            Err(error) => {
                tracing::debug!(%error, "a connection cannot be accepted");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
    // Closed first: a connection that comes now is refused at once.
    drop(listener);
    let all = async {
        while let Some(ended) = connections.join_next().await {
            if let Ok(Some(stream)) = ended {
                connections.spawn(run(*stream));
            }
        }
    };
    let _ = timeout(shutdown::GRACE, all).await;
}

/// A direct stream, with the places of its connection and of its request.
type Stream = DirectStream<(OwnedSemaphorePermit, Place, Option<Place>)>;

async fn run(stream: Stream) -> Option<Box<Stream>> {
    stream.await;
    None
}

/// Serves a connection, or refuses it where there are too many. Returns the event stream that it has become, if it has.
async fn admit(stream: TcpStream, peer: IpAddr, server: Server, tcp: TcpLimits, permits: Arc<Semaphore>) -> Option<Box<Stream>> {
    let (permit, place): (OwnedSemaphorePermit, Place) = match (permits.try_acquire_owned(), server.addresses.connect(peer)) {
        (Ok(permit), Some(place)) => (permit, place),
        (permit, _) => {
            // Nothing can be sent before a handshake.
            let answer = match (&server.tls, &permit) {
                (Some(_), _) => Vec::new(),
                (None, Ok(_)) => Refusal::CONNECTIONS_OF_ADDRESS.bytes(),
                (None, Err(_)) => Refusal::FULL.bytes(),
            };
            drop(permit);
            let _ = timeout(REFUSAL_TIMEOUT, refuse(stream, &answer)).await;
            return None;
        }
    };
    let mut stream = tcp.apply(stream).ok()?;
    if server.direct && server.tls.is_none() {
        // In a box, which is gone afterwards: it is larger than all that a connection needs.
        stream = match Box::pin(direct::first(stream, &server, peer)).await {
            First::Ordinary(stream) => stream,
            First::Stream(stream) => return Some(Box::new(stream.with(|of_request| (permit, place, of_request)))),
            First::Over => return None,
        };
    }
    // Likewise: what becomes a stream never needs it.
    Box::pin(server.serve(stream, peer)).await;
    None
}

/// Sends the answer, then waits until the peer closes: closing a socket with unread bytes resets it, and the peer could lose the answer.
async fn refuse(mut tcp: TcpStream, answer: &[u8]) -> io::Result<()> {
    tcp.write_all(answer).await?;
    tcp.shutdown().await?;
    let mut request = [0; 1_024];
    while tcp.read(&mut request).await? > 0 {}
    Ok(())
}

fn listen(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    let listen = || -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    listen().map_err(|error| ServeError::Listen(addr, error))
}

/// Prints the address. Whoever started the program may have closed its output by now; serving goes on.
fn announce(addr: SocketAddr, settings: &Settings, tls: bool) {
    if settings.metrics_addr.is_none() && !addr.ip().is_loopback() {
        tracing::warn!("/metrics is public at {addr}: --metrics-addr gives it an address of its own");
    }
    let scheme = if tls { "https" } else { "http" };
    let demo = if settings.is_demo() { "Demo users: ada and grace (customers), ops (staff); password: demo\n" } else { "" };
    let _ = io::stdout().write_all(format!("Orderwire serves at {scheme}://{addr}\n{demo}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Asks over a connection that seems to come from `peer`; the answer, and the connection, which stays open.
    async fn ask(server: &Server, permits: &Arc<Semaphore>, peer: [u8; 4]) -> (String, TcpStream) {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(admit(stream, peer.into(), server.clone(), TcpLimits::new(Duration::from_secs(30)), permits.clone()));
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") && !answer.ends_with(b"ok") {
            let count = timeout(PATIENCE, client.read_buf(&mut answer)).await.expect("no answer").unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
        }
        (String::from_utf8(answer).unwrap(), client)
    }

    #[tokio::test]
    async fn one_connection_too_many_is_refused_in_one_line_of_json_and_another_address_is_served() {
        let (_stop, stopping) = watch::channel(false);
        let server = Server {
            router: Router::new().route("/", get("ok")),
            addresses: Addresses::new(2, &[]),
            deadlines: Deadlines::POLICY,
            keep_alive: Duration::from_secs(30),
            untaken: Duration::from_secs(60),
            tls: None,
            direct: true,
            stopping,
        };
        let permits = Arc::new(Semaphore::new(4));
        let mut kept = Vec::new();
        for (peer, status, kind) in [
            ([192, 0, 2, 1], 200, None),
            ([192, 0, 2, 1], 200, None),
            ([192, 0, 2, 1], 429, Some("too_many")),
            ([192, 0, 2, 2], 200, None),
            ([127, 0, 0, 1], 200, None),
            ([127, 0, 0, 1], 503, Some("unavailable")),
        ] {
            let (answer, connection) = ask(&server, &permits, peer).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            kept.push(connection);
            let Some(kind) = kind else { continue };
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(
                head.contains("\r\ncache-control: no-store\r\n") && head.contains("\r\nx-content-type-options: nosniff\r\n"),
                "{answer}"
            );
            assert!(head.contains("\r\nretry-after: 5\r\n") && head.contains(&format!("\r\ncontent-length: {}", body.len())), "{answer}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["kind"], kind);
        }
    }
}
