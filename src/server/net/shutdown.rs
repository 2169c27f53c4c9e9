//! Shutdown: SIGTERM or SIGINT asks for it; a second one ends the program at once.

use crate::server::sse::Hub;
use std::{io, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// How long requests under way may take to end. What is closed after them has the rest of [`LIMIT`].
pub const GRACE: Duration = Duration::from_millis(3_200);

/// How long all of the shutdown may take: then the program ends, whatever still hangs. What was committed is kept either way.
const LIMIT: Duration = Duration::from_millis(4_800);

/// Waits for a signal; then no stream opens any more, each open one ends with a time of its own to come back at, and no connection is
/// accepted. A second signal ends the program at once.
pub async fn on_signal(mut signals: Signals, hub: Hub, stop: watch::Sender<bool>) {
    let name = signals.next().await;
    tracing::info!(streams = hub.streams(), "{name}: stopping (once more to stop at once)");
    // A thread, because nothing may keep it from running.
    std::thread::spawn(|| {
        std::thread::sleep(LIMIT);
        tracing::warn!("something does not end; ending without it");
        std::process::exit(0)
    });
    hub.stop();
    stop.send_replace(true);
    let name = signals.next().await;
    tracing::warn!("{name} again: stopping at once");
    std::process::exit(1)
}

/// Returns when the program stops. Cancel safe.
pub async fn begun(stopping: &mut watch::Receiver<bool>) {
    // Its value is not held on to: it is a lock.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// The signals that stop the program. Subscribed to before the address is printed: from then on, a signal ends the program in order.
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
