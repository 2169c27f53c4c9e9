//! Bad lines: TCP proxies that cut a connection, reset it, slow it down, or fall silent.

use super::PATIENCE;
use socket2::SockRef;
use std::{sync::Mutex, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

/// Most lines are cut after fewer bytes of the program's: within the head, or after a few events.
const SHORT: u64 = 1_500;

/// One line in eight bears up to so many, or what is larger than most lines would never pass.
const LONG: u64 = 32_000;

/// What TLS says before the first byte of an answer, about.
const HANDSHAKE: u64 = 2_500;

/// After how long a server that uses keep-alives closes a connection that has become silent.
const SERVER_NOTICES: Duration = Duration::from_secs(25);

/// Stands between, and cuts every line after some bytes of the program's.
pub struct Proxy {
    pub base: String,
    /// How many lines have been cut.
    pub cuts: watch::Sender<usize>,
}

impl Proxy {
    pub async fn start(to: String, random: fastrand::Rng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (scheme, to) = to.split_once("://").map(|(scheme, to)| (scheme.to_owned(), to.to_owned())).unwrap();
        // By the same name, for the cookies.
        let host = to.split(':').next().unwrap();
        let base = format!("{scheme}://{host}:{}", listener.local_addr().unwrap().port());
        let before = if scheme == "https" { HANDSHAKE } else { 0 };
        let cuts = watch::Sender::new(0);
        let counted = cuts.clone();
        let random = Mutex::new(random);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let bytes = {
                    let mut random = random.lock().unwrap();
                    let longest = if random.u8(0..8) == 0 { LONG } else { SHORT };
                    before + random.u64(1..longest)
                };
                tokio::spawn(cut_after(client, to.clone(), bytes, counted.clone()));
            }
        });
        Self { base, cuts }
    }
}

/// Passes everything on until `bytes` have come back, then drops both ends.
async fn cut_after(client: TcpStream, to: String, bytes: u64, cuts: watch::Sender<usize>) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let ((mut from_client, mut to_client), (from_server, mut to_server)) = (client.into_split(), server.into_split());
    let asking = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut answer = from_server.take(bytes);
    let mut buffer = [0; 512];
    while let Ok(Ok(count @ 1..)) = timeout(PATIENCE, answer.read(&mut buffer)).await {
        if to_client.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    if answer.limit() == 0 {
        cuts.send_modify(|cuts| *cuts += 1);
    }
    asking.abort();
}

/// What a [`FaultProxy`] does to the connections that lead through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFault {
    None,
    /// Each piece takes that long.
    Slow(Duration),
    /// Every connection is reset, and so is each new one.
    Reset,
    /// Those that are open bear nothing any more, in either direction, and are never closed; new ones work.
    OpenSilent,
    /// Likewise, and new ones too are accepted and then silent.
    Silent,
}

/// Stands before a server of any protocol, and lets its connections fail in ways that a server which is killed does not. A connection that has
/// become silent stays so: what is behind it is gone, as after a router has lost its table.
pub struct FaultProxy {
    pub port: u16,
    line: watch::Sender<Line>,
}

#[derive(Clone, Copy)]
struct Line {
    fault: LineFault,
    /// How often the open connections have become silent. It is counted, so that a connection also notices what was over at once.
    silenced: usize,
}

impl FaultProxy {
    /// Before `127.0.0.1:<to>`.
    pub async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = watch::Sender::new(Line { fault: LineFault::None, silenced: 0 });
        let subscribed = line.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(bear(client, to, subscribed.clone()));
            }
        });
        Self { port, line }
    }

    pub fn set(&self, fault: LineFault) {
        self.line.send_modify(|line| {
            line.fault = fault;
            line.silenced += usize::from(matches!(fault, LineFault::OpenSilent | LineFault::Silent));
        });
    }
}

async fn bear(client: TcpStream, to: u16, mut line: watch::Receiver<Line>) {
    let first = *line.borrow_and_update();
    match first.fault {
        LineFault::Reset => return reset(client),
        LineFault::Silent => return hold(client, None, line).await,
        _ => {}
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return reset(client) };
    let (mut from_client, mut from_server) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        let delay = match line.borrow().fault {
            LineFault::Slow(delay) => delay,
            _ => Duration::ZERO,
        };
        tokio::select! {
            changed = line.changed() => {
                let now = *line.borrow_and_update();
                if changed.is_err() {
                    return;
                }
                if now.fault == LineFault::Reset {
                    reset(client);
                    return reset(server);
                }
                if now.silenced > first.silenced {
                    return hold(client, Some(server), line).await;
                }
            },
            _ = client.readable() => if !pass(&client, &server, &mut from_client, delay).await { return },
            _ = server.readable() => if !pass(&server, &client, &mut from_server, delay).await { return },
        }
    }
}

/// Passes on what has come; false at the end.
async fn pass(from: &TcpStream, to: &TcpStream, buffer: &mut [u8], delay: Duration) -> bool {
    let count = match from.try_read(buffer) {
        Ok(0) => return false,
        Ok(count) => count,
        Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
    };
    sleep(delay).await;
    let mut rest = &buffer[..count];
    while !rest.is_empty() {
        if to.writable().await.is_err() {
            return false;
        }
        match to.try_write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
    }
    true
}

/// Keeps both ends open, and reads nothing from them: the client's for as long as the proxy is there, the server's until keep-alives of its
/// own would have found out.
async fn hold(_client: TcpStream, server: Option<TcpStream>, mut line: watch::Receiver<Line>) {
    let forgotten = async { while line.changed().await.is_ok() {} };
    tokio::join!(forgotten, async move {
        sleep(SERVER_NOTICES).await;
        drop(server);
    });
}

fn reset(connection: TcpStream) {
    // Its end is then a reset.
    let _ = SockRef::from(&connection).set_linger(Some(Duration::ZERO));
}
