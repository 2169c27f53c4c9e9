//! Fan-out benchmark: one event to many streams, compared with what a tutorial would build: axum's `Sse` over a tokio broadcast channel,
//! which has no accounts, no log and no resume. Prints, for each, the memory of an idle stream and the time until the last stream has
//! received a broadcast.
//!
//! `make bench` runs it. Client and server share the machine, so only the ratios within one run mean something. In the environment,
//! `STREAMS` and `ROUNDS` change the size, and `PROGRAM` names another build than the release.

use axum::{
    Router,
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
    routing::{get, post},
};
use futures::{Stream, StreamExt, stream};
use std::{
    convert::Infallible,
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, broadcast},
};

/// Open streams, unless `STREAMS` is set.
const STREAMS: usize = 5_000;

/// Timed broadcasts, unless `ROUNDS` is set.
const ROUNDS: usize = 40;

/// The bytes by which a reader recognises a broadcast.
const MARK: &[u8] = b"event: notification\n";

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    if env::args().nth(1).as_deref() == Some("peer") {
        return peer().await;
    }
    // reqwest is built without a TLS provider of its own. Only a second call could fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (streams, rounds) = (size("STREAMS", STREAMS)?, size("ROUNDS", ROUNDS)?);
    let program = env::var_os("PROGRAM").unwrap_or_else(|| "target/release/orderwire".into());
    rlimit::increase_nofile_limit(u64::MAX)?;
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite://{}/bench.db", folder.path().display());
    let per_user = streams.to_string();
    let flags = ["--demo", "--addr", "127.0.0.1:0", "--database-url", &database, "--max-streams-per-user", &per_user];
    println!("{streams} streams, {rounds} broadcasts");
    let ours = measure("Orderwire", Command::new(program).args(flags), streams, rounds).await?;
    let theirs = measure("axum Sse + broadcast channel", Command::new(env::current_exe()?).arg("peer"), streams, rounds).await?;
    println!("ratio (Orderwire / peer): memory {:.2}, median time {:.2}", ours.0 / theirs.0, ours.1 / theirs.1);
    Ok(())
}

/// A number from the environment that is at least 1.
fn size(name: &str, default: usize) -> Result<usize, Failure> {
    let Some(text) = env::var_os(name) else { return Ok(default) };
    let number = text.to_str().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| format!("{name} is not a number from 1 on").into())
}

/// KiB of an idle stream, and the median time in milliseconds until the last stream has received a broadcast.
async fn measure(name: &str, command: &mut Command, streams: usize, rounds: usize) -> Result<(f64, f64), Failure> {
    let mut program = Program::start(command)?;
    let cookies = [program.sign_in("ada").await, program.sign_in("grace").await, program.sign_in("ops").await];
    let empty = program.memory()?;
    let got = Arc::new((AtomicUsize::new(0), Notify::new()));
    let open = |index: usize| reader(program.addr.clone(), cookies[index % 3].clone(), got.clone(), streams);
    let opened: Vec<_> = stream::iter(0..streams).map(open).buffer_unordered(64).collect().await;
    let readers: Vec<_> = opened.into_iter().collect::<Result<_, _>>()?;
    let idle = (program.memory()? - empty) / streams as f64;
    let mut times = Vec::new();
    for _ in 0..rounds {
        got.0.store(0, Ordering::SeqCst);
        let begun = Instant::now();
        program.broadcast(&cookies[2]).await?;
        got.1.notified().await;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let (median, worst) = (times[rounds / 2], times[rounds - 1]);
    println!("{name}: {idle:.1} KiB an idle stream; to the last stream: median {median:.1} ms, worst {worst:.1} ms");
    readers.into_iter().for_each(|reader| reader.abort());
    Ok((idle, median))
}

/// Opens a stream, waits for its first bytes, and from then on counts broadcasts.
async fn reader(addr: String, cookie: String, got: Arc<(AtomicUsize, Notify)>, all: usize) -> std::io::Result<tokio::task::JoinHandle<()>> {
    let mut socket = TcpStream::connect(&addr).await?;
    socket.write_all(format!("GET /events HTTP/1.1\r\nhost: {addr}\r\ncookie: {cookie}\r\n\r\n").as_bytes()).await?;
    let mut bytes = vec![0; 1_024];
    let mut have = socket.read(&mut bytes).await?;
    if !bytes.starts_with(b"HTTP/1.1 200") {
        return Err(std::io::Error::other(String::from_utf8_lossy(&bytes[..have]).into_owned()));
    }
    Ok(tokio::spawn(async move {
        while have > 0 {
            if bytes[..have].windows(MARK.len()).any(|window| window == MARK) && got.0.fetch_add(1, Ordering::SeqCst) + 1 == all {
                got.1.notify_one();
            }
            have = socket.read(&mut bytes).await.unwrap_or(0);
        }
    }))
}

struct Program {
    child: Child,
    addr: String,
    http: reqwest::Client,
}

impl Program {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let line = BufReader::new(stdout).lines().next().ok_or("the program ended; run 'make build' first")??;
        let addr = line.rsplit("//").next().unwrap_or_default().to_owned();
        Ok(Self { child, addr, http: reqwest::Client::new() })
    }

    /// The session's cookie; none from a program that knows no sessions.
    async fn sign_in(&self, username: &str) -> String {
        let request = self.http.post(format!("http://{}/api/sign_in", self.addr));
        let answer = request.form(&[("username", username), ("password", "demo")]).send().await.ok();
        let cookie = answer.and_then(|answer| Some(answer.headers().get("set-cookie")?.to_str().ok()?.split(';').next()?.to_owned()));
        cookie.unwrap_or_else(|| "none=".into())
    }

    async fn broadcast(&mut self, cookie: &str) -> Result<(), Failure> {
        let request = self.http.post(format!("http://{}/api/broadcast", self.addr)).header("cookie", cookie);
        request.form(&[("title", "Hello"), ("message", "to all")]).send().await?.error_for_status()?;
        Ok(())
    }

    /// Resident memory in KiB.
    fn memory(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The peer: what a tutorial would build.
async fn peer() -> Result<(), Failure> {
    type Channel = broadcast::Sender<String>;
    async fn events(State(channel): State<Channel>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
        let hello = stream::once(async { Event::default().event("connected").data("{}") });
        let events = stream::unfold(channel.subscribe(), |mut receiver| async {
            Some((Event::default().event("notification").data(receiver.recv().await.ok()?), receiver))
        });
        Sse::new(hello.chain(events).map(Ok)).keep_alive(KeepAlive::new().interval(Duration::from_secs(30)))
    }
    let send = |State(channel): State<Channel>, body: String| async move { channel.send(body).map(|_| ()).unwrap_or_default() };
    rlimit::increase_nofile_limit(u64::MAX)?;
    let router = Router::new().route("/events", get(events)).route("/api/broadcast", post(send)).with_state(Channel::new(1_024));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("peer serves at http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
