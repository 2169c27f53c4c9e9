//! A connection: the hub's entry for one open stream.

use super::{super::Subscriber, cursor::Cursor};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Over how long the readers' return is spread when the program stops. (It is for readers that do not spread it by themselves.)
pub const RETURN_SPREAD: Duration = Duration::from_secs(5);

/// The soonest that a reader is asked to return.
pub const RETURN_MIN: Duration = Duration::from_secs(1);

/// What opens a connection.
#[derive(Clone, Debug)]
pub struct ConnectionRequest {
    /// The stream's own id.
    pub client: Uuid,
    pub subscriber: Subscriber,
    /// The handle of the session (see [`super::super::Session::handle`]).
    pub session: String,
    /// What reads the stream, a browser say. Only shown.
    pub label: String,
    /// When it was opened, in whatever form. Only shown.
    pub opened_at: String,
}

/// An open stream, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSnapshot {
    pub client: Uuid,
    /// The subscriber's name.
    pub subscriber: String,
    pub label: String,
    pub opened_at: String,
    /// How many of the subscriber's events the stream has not taken yet; `None` where they are too many for memory.
    pub lag: Option<usize>,
}

/// Why a stream ends before its reader leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Its session has ended or expired. The reader gets `session.ended`.
    SessionEnded,
    /// The program stops. The reader is asked to come back after this long.
    Stopping(Duration),
    /// Somebody asked for it. The reader may come back at once.
    Requested,
}

/// An open stream, as the hub knows it.
pub struct Connection {
    pub session: String,
    pub label: String,
    pub opened_at: String,
    /// Connections are numbered in the order in which they open.
    pub number: u64,
    pub cursor: Arc<Cursor>,
    pub close: oneshot::Sender<CloseReason>,
}

impl Connection {
    pub fn subscriber(&self) -> &str {
        &self.cursor.buffer.subscriber.name
    }

    pub fn snapshot(&self, client: Uuid) -> ConnectionSnapshot {
        ConnectionSnapshot {
            client,
            subscriber: self.subscriber().to_owned(),
            label: self.label.clone(),
            opened_at: self.opened_at.clone(),
            lag: self.cursor.lag(),
        }
    }

    /// Tells the stream to end. A stream that has just ended by itself does not hear it.
    pub fn close(self, reason: CloseReason) {
        let _ = self.close.send(reason);
    }
}
