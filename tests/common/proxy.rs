//! A bad line: a TCP proxy that cuts.

use super::PATIENCE;
use std::sync::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

/// Most lines are cut after fewer bytes of the program's: within the head, or after a few events.
const SHORT: u64 = 1_500;

/// One line in eight bears up to so many, or what is larger than most lines would never pass.
const LONG: u64 = 32_000;

/// What TLS says before the first byte of an answer, about.
const HANDSHAKE: u64 = 2_500;

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
