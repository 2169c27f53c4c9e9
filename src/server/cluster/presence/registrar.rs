//! The registrar: the one task that writes this instance's streams to the database, in batches.
//!
//! A change whose answer was lost may have been made or not. The registrar then registers the whole instance anew from what it knows, so
//! that the database always comes back to the truth.

use crate::server::{
    sse::Hub,
    store::{Instance, Store, StoreError, StreamRow},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Interval, MissedTickBehavior, interval},
};
use uuid::Uuid;

/// The time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Streams that open or close in one transaction: after a deploy, all clients come back at once.
const BATCH_MAX: usize = 256;

/// A handle on the task. Clones share it.
#[derive(Clone)]
pub struct Registrar {
    messages: mpsc::UnboundedSender<Message>,
    /// Open streams on all instances, as of the last heartbeat.
    streams: Arc<AtomicUsize>,
}

/// The outcome of registering a stream.
pub enum Registration {
    Done(Guard),
    /// Its user has as many streams as one may have.
    TooMany,
}

/// A registered stream. Dropped, its row is removed.
pub struct Guard {
    client: Uuid,
    messages: mpsc::UnboundedSender<Message>,
}

enum Message {
    Opened(StreamRow, oneshot::Sender<Result<Registration, StoreError>>),
    Closed(Uuid),
    /// This instance ends.
    Deregister(oneshot::Sender<()>),
}

impl Registrar {
    pub fn start(store: Store, hub: Hub, instance: Instance, per_user: usize) -> Self {
        let (messages, received) = mpsc::unbounded_channel();
        let registrar = Self { messages, streams: Arc::default() };
        let (rows, lags) = (HashMap::new(), HashMap::new());
        let task = Task { store, hub, instance, per_user, handle: registrar.clone(), rows, lags, in_sync: false };
        tokio::spawn(task.run(received));
        registrar
    }

    /// `None` where the program is stopping.
    pub async fn register(&self, stream: StreamRow) -> Option<Result<Registration, StoreError>> {
        let (sender, outcome) = oneshot::channel();
        self.messages.send(Message::Opened(stream, sender)).ok()?;
        outcome.await.ok()
    }

    pub fn stream_count(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    /// Removes the instance; nothing can be registered from then on.
    pub async fn deregister(&self) {
        let (sender, done) = oneshot::channel();
        if self.messages.send(Message::Deregister(sender)).is_ok() {
            let _ = done.await;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Closed(self.client));
    }
}

struct Task {
    store: Store,
    hub: Hub,
    instance: Instance,
    per_user: usize,
    handle: Registrar,
    /// This instance's streams, as the database should have them.
    rows: HashMap<Uuid, StreamRow>,
    /// The lag of each, as last written.
    lags: HashMap<Uuid, Option<usize>>,
    /// Whether the database is known to have `rows`.
    in_sync: bool,
}

impl Task {
    async fn run(mut self, mut received: mpsc::UnboundedReceiver<Message>) {
        let mut heartbeat = interval(HEARTBEAT);
        Interval::set_missed_tick_behavior(&mut heartbeat, MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            tokio::select! {
                biased;
                _ = heartbeat.tick() => {
                    // The store has logged it; the next heartbeat mends it.
                    let _ = self.heartbeat().await;
                }
                _ = received.recv_many(&mut batch, BATCH_MAX) => {
                    if let Some(done) = self.write(&mut batch).await {
                        // Where this fails, the others remove the instance once its heartbeat has stopped.
                        let _ = self.store.deregister(&self.instance).await;
                        let _ = done.send(());
                        return;
                    }
                }
            }
        }
    }

    /// Tells the others that this instance lives, and the lags that have changed.
    async fn heartbeat(&mut self) -> Result<(), StoreError> {
        self.ensure_in_sync().await?;
        let lags: HashMap<_, _> = self.hub.lags().into_iter().filter(|(client, _)| self.rows.contains_key(client)).collect();
        let changed: Vec<_> = lags.iter().filter(|(client, lag)| self.lags.get(client) != Some(lag)).map(|(c, lag)| (*c, *lag)).collect();
        self.in_sync = false;
        match self.store.heartbeat(&self.instance, &changed).await? {
            Some(streams) => {
                self.handle.streams.store(streams, Ordering::Relaxed);
                (self.in_sync, self.lags) = (true, lags);
                Ok(())
            }
            // This instance was suspended for so long that the others have removed it.
            None => self.ensure_in_sync().await,
        }
    }

    async fn ensure_in_sync(&mut self) -> Result<(), StoreError> {
        if !self.in_sync {
            let rows: Vec<_> = self.rows.values().collect();
            self.store.register(&self.instance, &rows).await?;
            self.lags = self.rows.keys().map(|client| (*client, Some(0))).collect();
            self.in_sync = true;
        }
        Ok(())
    }

    /// Writes a batch. Returns whom to answer once this instance is removed, if the batch asked for that.
    async fn write(&mut self, batch: &mut Vec<Message>) -> Option<oneshot::Sender<()>> {
        let (mut closed, mut opened, mut senders, mut deregister) = (Vec::new(), Vec::new(), Vec::new(), None);
        for message in batch.drain(..) {
            match message {
                Message::Opened(row, sender) => {
                    opened.push(row);
                    senders.push(sender);
                }
                Message::Closed(client) => {
                    self.rows.remove(&client);
                    closed.push(client);
                }
                Message::Deregister(done) => deregister = Some(done),
            }
        }
        let outcome = match self.ensure_in_sync().await {
            Ok(()) => self.store.update_streams(&self.instance, &closed, &opened, self.per_user).await,
            Err(error) => Err(error),
        };
        self.in_sync = outcome.is_ok();
        for (row, sender) in opened.into_iter().zip(senders) {
            let registration = match &outcome {
                Ok(registered) if registered.contains(&row.client_id) => Ok(Registration::Done(self.keep(row))),
                Ok(_) => Ok(Registration::TooMany),
                Err(error) => Err(error.clone()),
            };
            // If the client has gone meanwhile, the answer is dropped here, and with it the guard.
            let _ = sender.send(registration);
        }
        deregister
    }

    fn keep(&mut self, row: StreamRow) -> Guard {
        let client = row.client_id;
        self.lags.insert(client, Some(0));
        self.rows.insert(client, row);
        Guard { client, messages: self.handle.messages.clone() }
    }
}
