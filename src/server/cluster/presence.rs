//! The presence: who is connected, over all instances. An instance alone asks its hub. Where several share a database, each keeps its own
//! streams on a presence there, says every second that it lives, and strikes out those that have said nothing for some.
//!
//! Promises: a user's streams are counted over all instances before one more opens; an instance that died is gone within seconds.
//! Not promised: that who is connected is known to the second.

use crate::{
    model::{
        error::{Error, Kind},
        stats::ConnectionInfo,
    },
    server::{
        sse::{AdmissionError, ConnectionSnapshot, Hub},
        store::{Instance, Store, StreamRow, now},
    },
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

/// How often an instance says that it lives.
const BEAT: Duration = Duration::from_secs(1);

/// Streams that come or go in one transaction: after a deploy everybody comes at once.
const BATCH: usize = 256;

/// The presence. Clones share it.
#[derive(Clone)]
pub struct Presence {
    hub: Hub,
    shared: Option<Shared>,
}

#[derive(Clone)]
struct Shared {
    store: Store,
    instance: Instance,
    words: mpsc::UnboundedSender<Message>,
    /// Streams on all instances, as of the last heartbeat.
    streams: Arc<AtomicUsize>,
}

/// What the keeper of the presence is told.
enum Message {
    Enter(StreamRow, oneshot::Sender<Result<Option<PresenceGuard>, Error>>),
    Leave(Uuid),
    /// This instance ends.
    CloseReason(oneshot::Sender<()>),
}

/// A stream's place on the presence. Dropped, it is left.
pub struct PresenceGuard(Option<(Uuid, mpsc::UnboundedSender<Message>)>);

impl Presence {
    /// Keeps this instance's streams on the presence, where there is one; `name` is what people call it.
    pub fn keep(store: Store, hub: Hub, name: String, per_user: usize) -> Self {
        if !store.is_shared() {
            return Self { hub, shared: None };
        }
        let instance = Instance { id: Uuid::new_v4().to_string(), name };
        let (words, heard) = mpsc::unbounded_channel();
        let streams = Arc::default();
        let keeper = Registrar {
            shared: Shared { store, instance, words, streams },
            hub: hub.clone(),
            per_user,
            lines: HashMap::new(),
            behind: HashMap::new(),
            known: false,
        };
        let shared = Some(keeper.shared.clone());
        tokio::spawn(keeper.work(heard));
        Self { hub, shared }
    }

    /// Enters a stream, or refuses it where its user has as many as one may.
    pub async fn enter(&self, client_id: Uuid, username: &str, browser: &str) -> Result<Result<PresenceGuard, AdmissionError>, Error> {
        let Some(shared) = &self.shared else { return Ok(Ok(PresenceGuard(None))) };
        let stopping = || Error::new(Kind::Unavailable, "the server is stopping");
        let line = StreamRow { client_id, username: username.into(), browser: browser.into(), since: now() };
        let (sender, outcome) = oneshot::channel();
        shared.words.send(Message::Enter(line, sender)).map_err(|_| stopping())?;
        Ok(outcome.await.map_err(|_| stopping())??.ok_or(AdmissionError::UserLimit))
    }

    /// How many streams are open.
    pub fn streams(&self) -> usize {
        self.shared.as_ref().map_or_else(|| self.hub.streams(), |shared| shared.streams.load(Ordering::Relaxed))
    }

    /// Likewise, and the newest of them, at most `most`.
    pub async fn present(&self, most: usize) -> Result<(usize, Vec<ConnectionInfo>), Error> {
        match &self.shared {
            Some(shared) => shared.store.present(most).await,
            None => Ok((self.hub.streams(), self.hub.newest(most).into_iter().map(connection_info).collect())),
        }
    }

    /// Ends one stream, wherever it is. Returns whether it was there.
    pub async fn cut(&self, client: Uuid) -> Result<bool, Error> {
        match &self.shared {
            _ if self.hub.close(client) => Ok(true),
            Some(shared) if shared.store.is_present(client).await? => shared.store.cut_stream(client).await.map(|()| true),
            _ => Ok(false),
        }
    }

    /// Takes this instance off the presence, before it ends.
    pub async fn deregister(&self) {
        let (done, struck_off) = oneshot::channel();
        if self.shared.as_ref().is_some_and(|shared| shared.words.send(Message::CloseReason(done)).is_ok()) {
            let _ = struck_off.await;
        }
    }
}

/// A stream of this instance, as the console shows it.
fn connection_info(connection: ConnectionSnapshot) -> ConnectionInfo {
    ConnectionInfo {
        client_id: connection.client.to_string(),
        username: connection.subscriber,
        since: connection.opened_at,
        browser: connection.label,
        behind: connection.lag,
        instance: None,
    }
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        if let Some((client, words)) = self.0.take() {
            let _ = words.send(Message::Leave(client));
        }
    }
}

/// Writes what this instance knows of its streams.
struct Registrar {
    shared: Shared,
    hub: Hub,
    per_user: usize,
    /// This instance's streams; the presence's are to be the same.
    lines: HashMap<Uuid, StreamRow>,
    /// How far behind they were when the presence was last told.
    behind: HashMap<Uuid, Option<usize>>,
    /// Whether the presence is known to be right. Else it is called anew: a change whose answer was lost may have happened or not.
    known: bool,
}

impl Registrar {
    async fn work(mut self, mut heard: mpsc::UnboundedReceiver<Message>) {
        let mut heartbeat = interval(BEAT);
        Interval::set_missed_tick_behavior(&mut heartbeat, MissedTickBehavior::Delay);
        let mut words = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                _ = heartbeat.tick() => {
                    // The store has logged it; the next heartbeat makes it good.
                    let _ = self.heartbeat().await;
                }
                _ = heard.recv_many(&mut words, BATCH) => {
                    if let Some(done) = self.write(&mut words).await {
                        // Where it fails, the others notice by themselves that nothing beats any more.
                        let _ = self.shared.store.deregister(&self.shared.instance).await;
                        let _ = done.send(());
                        return;
                    }
                }
            }
        }
    }

    async fn heartbeat(&mut self) -> Result<(), Error> {
        self.ensure_registered().await?;
        let now: HashMap<_, _> = self.hub.lags().into_iter().filter(|(client, _)| self.lines.contains_key(client)).collect();
        let news: Vec<_> = now.iter().filter(|(client, behind)| self.behind.get(client) != Some(behind)).collect();
        let news: Vec<_> = news.into_iter().map(|(client, behind)| (*client, *behind)).collect();
        self.known = false;
        match self.shared.store.heartbeat(&self.shared.instance, &news).await? {
            Some(streams) => {
                self.shared.streams.store(streams, Ordering::Relaxed);
                (self.known, self.behind) = (true, now);
                Ok(())
            }
            // It slept for so long that the others took it for dead.
            None => self.ensure_registered().await,
        }
    }

    async fn ensure_registered(&mut self) -> Result<(), Error> {
        if !self.known {
            let lines: Vec<_> = self.lines.values().collect();
            self.shared.store.register(&self.shared.instance, &lines).await?;
            self.behind = self.lines.keys().map(|client| (*client, Some(0))).collect();
            self.known = true;
        }
        Ok(())
    }

    /// Writes what it was told. Returns whom to tell when this instance is off the presence, if that was among it.
    async fn write(&mut self, words: &mut Vec<Message>) -> Option<oneshot::Sender<()>> {
        let (mut leaving, mut entering, mut askers, mut end) = (Vec::new(), Vec::new(), Vec::new(), None);
        for word in words.drain(..) {
            match word {
                Message::Enter(line, asker) => {
                    entering.push(line);
                    askers.push(asker);
                }
                Message::Leave(client) => {
                    self.lines.remove(&client);
                    leaving.push(client);
                }
                Message::CloseReason(done) => end = Some(done),
            }
        }
        let outcome = match self.ensure_registered().await {
            Ok(()) => self.shared.store.update_streams(&self.shared.instance, &leaving, &entering, self.per_user).await,
            Err(error) => Err(error),
        };
        self.known = outcome.is_ok();
        for (line, asker) in entering.into_iter().zip(askers) {
            let entered = outcome.as_ref().map(|entered| entered.contains(&line.client_id)).map_err(Clone::clone);
            // Who has gone away meanwhile drops the answer, and thereby leaves.
            let _ = asker.send(entered.map(|entered| entered.then(|| self.enroll(line))));
        }
        end
    }

    fn enroll(&mut self, line: StreamRow) -> PresenceGuard {
        let client = line.client_id;
        self.behind.insert(client, Some(0));
        self.lines.insert(client, line);
        PresenceGuard(Some((client, self.shared.words.clone())))
    }
}
