//! Stopping: SIGTERM or SIGINT asks for it, a second one insists.

use crate::server::sse::Hub;
use std::{io, net::SocketAddr, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long requests under way may take to end, once the program is asked to stop.
const GRACE: Duration = Duration::from_secs(4);

/// Waits for a signal; then lets no stream open, sends each open one away with a time to come back at, and stops taking connections.
/// A second signal ends the program at once.
pub async fn on_signal(mut signals: Signals, hub: Hub, server: axum_server::Handle<SocketAddr>) {
    let name = signals.next().await;
    tracing::info!(streams = hub.streams(), "{name}: stopping (once more to stop at once)");
    hub.stop();
    server.graceful_shutdown(Some(GRACE));
    let name = signals.next().await;
    tracing::warn!("{name} again: stopping at once");
    std::process::exit(1)
}

/// The signals that stop the program. Listened to before it says that it serves: from then on it stops cleanly.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
