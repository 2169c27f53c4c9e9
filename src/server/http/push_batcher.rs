//! Batches pushes: those that arrive while a commit is under way share the next transaction.

use crate::{
    model::error::{Error, Kind},
    server::store::{Push, Pushed, Store},
};
use tokio::sync::{mpsc, oneshot};

/// Pushes that wait for the next commit; further ones wait in their own connections.
const QUEUE_MAX: usize = 1_024;

/// Pushes in one commit: streams receive the first of them no later than so many take to write.
const BATCH_MAX: usize = 256;

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
        let stopping = || Error::new(Kind::Unavailable, "the server is stopping");
        let (sender, outcome) = oneshot::channel();
        self.0.send((push, sender)).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }
}

async fn append_batches(store: Store, mut queue: mpsc::Receiver<(Push, oneshot::Sender<Pushed>)>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let (pushes, senders): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let outcomes = match store.push(&pushes).await {
            Ok(outcomes) => outcomes,
            Err(error) => pushes.iter().map(|_| Err(error.clone())).collect(),
        };
        for (sender, outcome) in senders.into_iter().zip(outcomes) {
            // A client that went away retries with its key.
            let _ = sender.send(outcome);
        }
    }
}
