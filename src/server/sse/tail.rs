//! The tail: the one reader of the log's end on this instance. Each event is read once and encoded once, however many streams bear it.

use super::{Hub, notifier::CommitSubscription};
use crate::server::store::{Page, Store};
use std::time::Duration;
use tokio::time::timeout;

/// How long the tail waits for the bell before it looks by itself: the delay that a lost ring costs. Another process that writes to the
/// same database (`orderwire remove-user`) is noticed this way.
const LOOK: Duration = Duration::from_millis(500);

/// Feeds `hub` from the log until the task is dropped. While the database is away it looks again and again, and says so once.
pub async fn tail(store: Store, hub: Hub, mut notifier: CommitSubscription) {
    let mut away = false;
    loop {
        let head = hub.head();
        match store.after(head, None).await {
            Ok(Page::Events { events, through }) => {
                if away {
                    tracing::info!("the log can be read again");
                }
                away = false;
                if through > head {
                    hub.deliver(events, through);
                    continue;
                }
            }
            Ok(Page::Gone { head }) => hub.skip_to(head),
            Err(error) => {
                if !away {
                    tracing::warn!(%error, "the log cannot be read; streams wait");
                }
                away = true;
            }
        }
        // Heard or not, the next look tells.
        let _ = timeout(LOOK, notifier.notified()).await;
    }
}
