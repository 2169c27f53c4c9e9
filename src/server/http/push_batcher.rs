//! Batches pushes: those that arrive while a commit is under way share the next transaction.

use crate::server::store::{Push, Pushed, Store, StoreError};
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// Pushes that wait for the next commit; further ones wait in their own connections.
const QUEUE_MAX: usize = 1_024;

/// Pushes in one commit: streams receive the first of them no later than so many take to write.
const BATCH_MAX: usize = 256;

/// How long a push may wait for its answer. One that is in no transaction by then is never appended.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(9_500);

/// Appends pushes in the order of their arrival. Clones share the queue.
#[derive(Clone)]
pub struct PushBatcher(mpsc::Sender<(Push, oneshot::Sender<Pushed>)>);

impl PushBatcher {
    pub fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(append_batches(store, receiver));
        Self(sender)
    }

    /// Returns when the event is committed, with its id, or with why it was refused.
    pub async fn append(&self, push: Push) -> Pushed {
        let refused = |what, detail: &str| StoreError::Unavailable { what, detail: detail.into() };
        let stopping = || refused("the server is stopping", "");
        let (sender, outcome) = oneshot::channel();
        let appended = async {
            self.0.send((push, sender)).await.map_err(|_| stopping())?;
            outcome.await.map_err(|_| stopping())?
        };
        timeout(ANSWER_TIMEOUT, appended).await.unwrap_or_else(|_| Err(refused("the database is busy", "pushes wait too long")))
    }
}

async fn append_batches(store: Store, mut queue: mpsc::Receiver<(Push, oneshot::Sender<Pushed>)>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
        // A client that was refused meanwhile may push again, and without a key that would be a second event.
        let (pushes, mut senders): (Vec<_>, Vec<_>) = batch.drain(..).filter(|(_, sender)| !sender.is_closed()).unzip();
        if pushes.is_empty() {
            continue;
        }
        let outcomes = match store.push(&pushes).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                // Those that arrived meanwhile have waited for the same fault; another wait would be too long.
                senders.extend(std::iter::from_fn(|| queue.try_recv().ok()).map(|(_, sender)| sender));
                vec![Err(error); senders.len()]
            }
        };
        for (sender, outcome) in senders.into_iter().zip(outcomes) {
            // A client that went away retries with its key.
            let _ = sender.send(outcome);
        }
    }
}
