//! The log tail: the one reader of the log's end in an instance. Each event is read once and encoded once, however many streams bear it.

use super::{Cause, CommitSubscription, EventLog, Hub};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long the tail waits for a notification before it reads unasked: the delay that a lost notification costs, and the pause between
/// two tries where the log cannot be read. Commits of a process that notifies nobody are found this way.
const POLL: Duration = Duration::from_millis(500);

/// Delivers the log to `hub` until the task is dropped. Where the log cannot be read, it tries again and again; it logs once that it cannot,
/// and once that it can again. Where the log does not go on from where the tail has read it to (it was trimmed past that position, or
/// has begun a new epoch), the hub goes on from the log's head.
pub async fn tail<L: EventLog>(log: L, hub: Hub, mut commits: CommitSubscription) {
    let mut failed = false;
    let mut woken = (Cause::Poll, Instant::now());
    loop {
        let position = hub.position();
        let page = match log.after(position.sequence, None).await {
            Ok(page) => page,
            Err(error) => {
                if !failed {
                    tracing::warn!(%error, "the log cannot be read; streams wait");
                }
                failed = true;
                sleep(POLL).await;
                continue;
            }
        };
        if failed {
            tracing::info!("the log can be read again");
        }
        failed = false;
        match page.bounds.check(&position) {
            Ok(()) if page.through > position.sequence => {
                let (behind, (cause, since)) = (page.bounds.head.abs_diff(position.sequence), woken);
                let there_is_more = page.through < page.bounds.head;
                hub.deliver(page.events, page.through).await;
                hub.metrics().tail_read(cause, behind, since.elapsed());
                // Whoever has committed since the read has notified since.
                if there_is_more {
                    woken = (Cause::Poll, Instant::now());
                    continue;
                }
            }
            Ok(()) => {}
            Err(reason) => {
                tracing::warn!(%position, head = %page.bounds.end(), "the log does not go on from where it was read to: {reason}");
                hub.restart(&page.bounds);
            }
        }
        let notified = timeout(POLL, commits.notified()).await;
        woken = (if notified.is_ok() { Cause::Notification } else { Cause::Poll }, Instant::now());
    }
}
