//! Stopping: SIGTERM or SIGINT asks for it, a second one insists.

use super::live::Hub;
use std::{future::pending, net::SocketAddr, time::Duration};
use tokio::signal::unix::{SignalKind, signal};

/// How long requests under way may take to end, once the program is asked to stop.
const GRACE: Duration = Duration::from_secs(4);

/// Waits for a signal; then lets no stream open, sends each open one away with a time to come back at, and stops taking connections.
/// A second signal ends the program at once.
pub async fn on_signal(hub: Hub, server: axum_server::Handle<SocketAddr>) {
    let name = next_signal().await;
    tracing::info!(streams = hub.streams(), "{name}: stopping (once more to stop at once)");
    hub.stop();
    server.graceful_shutdown(Some(GRACE));
    let name = next_signal().await;
    tracing::warn!("{name} again: stopping at once");
    std::process::exit(1)
}

async fn next_signal() -> &'static str {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) else {
        tracing::error!("signals cannot be heard; the program will not stop cleanly");
        return pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
