//! A bad line: a TCP proxy that cuts.

use super::PATIENCE;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Stands between, and cuts every line after some bytes of the program's.
pub struct Proxy {
    pub base: String,
    pub cuts: Arc<AtomicUsize>,
}

impl Proxy {
    /// Cuts each line after fewer than `within` bytes.
    pub async fn start(to: String, within: u64, random: fastrand::Rng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = cuts.clone();
        let random = Mutex::new(random);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let bytes = random.lock().unwrap().u64(1..within);
                tokio::spawn(cut_after(client, to.trim_start_matches("http://").to_owned(), bytes, counted.clone()));
            }
        });
        Self { base, cuts }
    }
}

/// Passes everything on until `bytes` have come back, then drops both ends.
async fn cut_after(client: TcpStream, to: String, bytes: u64, cuts: Arc<AtomicUsize>) {
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
        cuts.fetch_add(1, Ordering::SeqCst);
    }
    asking.abort();
}
