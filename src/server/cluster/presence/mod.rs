//! Presence: which streams are open, on all instances. A single instance on SQLite asks its own hub. Instances that share a database each
//! register their streams there, send a heartbeat every second, and remove instances whose heartbeat has stopped.
//!
//! Promises: a user's streams are counted over all instances before another one opens; an instance that died is removed within seconds.
//! Not promised: that a list of open streams is exact to the second.

mod registrar;

use crate::{
    model::stats::ConnectionInfo,
    server::{
        clock::now,
        sse::{AdmissionError, ConnectionSnapshot, Hub},
        store::{Instance, Store, StoreError, StreamRow},
    },
};
use registrar::{Guard, Registrar, Registration};
use uuid::Uuid;

/// A handle on presence. Clones share it.
#[derive(Clone)]
pub struct Presence {
    hub: Hub,
    /// Where several instances may share the database.
    shared: Option<(Store, Registrar)>,
}

/// A stream's registration. Dropped, it is removed.
pub struct PresenceGuard(#[expect(dead_code, reason = "held for its Drop")] Option<Guard>);

/// Why a stream was not registered.
#[derive(Debug)]
pub enum RegisterError {
    /// Too many streams, or the program stops.
    Refused(AdmissionError),
    /// The database does not answer.
    Store(StoreError),
}

impl Presence {
    /// Registers this instance, where several may share the database; `name` is the one that the console shows.
    pub fn start(store: Store, hub: Hub, name: String, per_user: usize) -> Self {
        let shared = store.is_shared().then(|| {
            let instance = Instance { id: Uuid::new_v4().to_string(), name };
            (store.clone(), Registrar::start(store, hub.clone(), instance, per_user))
        });
        Self { hub, shared }
    }

    /// Registers a stream, or refuses it where its user has as many as one may have, over all instances.
    pub async fn register(&self, client_id: Uuid, username: &str, browser: &str) -> Result<PresenceGuard, RegisterError> {
        let Some((_, registrar)) = &self.shared else { return Ok(PresenceGuard(None)) };
        let stream = StreamRow { client_id, username: username.into(), browser: browser.into(), since: now() };
        match registrar.register(stream).await {
            Some(Ok(Registration::Done(guard))) => Ok(PresenceGuard(Some(guard))),
            Some(Ok(Registration::TooMany)) => Err(RegisterError::Refused(AdmissionError::UserLimit)),
            Some(Err(error)) => Err(RegisterError::Store(error)),
            None => Err(RegisterError::Refused(AdmissionError::Stopping)),
        }
    }

    /// How many streams are open, as of the last heartbeat.
    pub fn stream_count(&self) -> usize {
        self.shared.as_ref().map_or_else(|| self.hub.streams(), |(_, registrar)| registrar.stream_count())
    }

    /// How many streams are open, and the newest of them, at most `most`.
    pub async fn newest(&self, most: usize) -> Result<(usize, Vec<ConnectionInfo>), StoreError> {
        match &self.shared {
            Some((store, _)) => store.present(most).await,
            None => Ok((self.hub.streams(), self.hub.newest(most).into_iter().map(connection_info).collect())),
        }
    }

    /// Closes one stream, on whichever instance it is. Returns whether there was such a stream.
    pub async fn close(&self, client: Uuid) -> Result<bool, StoreError> {
        match &self.shared {
            _ if self.hub.close(client) => Ok(true),
            Some((store, _)) if store.is_present(client).await? => store.cut_stream(client).await.map(|()| true),
            _ => Ok(false),
        }
    }

    /// Removes this instance and its streams, before the program ends.
    pub async fn deregister(&self) {
        if let Some((_, registrar)) = &self.shared {
            registrar.deregister().await;
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
