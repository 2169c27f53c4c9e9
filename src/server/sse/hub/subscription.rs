//! A stream's side of its connection: what it is woken for, and what it takes.

use super::{
    connection::{CloseReason, RETURN_SPREAD},
    cursor::Cursor,
    registry::SharedRegistry,
};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};
use tokio_stream::{StreamExt, StreamMap, wrappers::WatchStream};
use uuid::Uuid;

/// A stream's side of its connection. Dropped, it is removed from the hub.
pub struct Subscription {
    pub(super) registry: SharedRegistry,
    pub(super) client: Uuid,
    pub cursor: Arc<Cursor>,
    pub(super) wake: watch::Receiver<()>,
    /// The ephemeral events of each of the subscriber's groups, by its name.
    pub(super) ephemeral: StreamMap<String, WatchStream<Option<Bytes>>>,
    pub(super) close: oneshot::Receiver<CloseReason>,
}

/// What a stream was woken for.
#[derive(Clone, Debug)]
pub enum Wake {
    Close(CloseReason),
    /// There may be events to take.
    Events,
    Ephemeral(Bytes),
}

impl Subscription {
    /// Forgets the wakes so far, which need no second look. To be called before taking, so that what comes after it wakes again.
    pub fn clear_wakes(&mut self) {
        self.wake.mark_unchanged();
    }

    /// Returns when the stream is to end, when there may be events to take since [`Subscription::clear_wakes`], or with an ephemeral
    /// event. Cancel safe.
    pub async fn wait(&mut self) -> Wake {
        let ephemeral = async {
            loop {
                match self.ephemeral.next().await {
                    Some((_, Some(event))) => return event,
                    // There has been none yet.
                    Some((_, None)) => {}
                    // In no group.
                    None => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            biased;
            reason = &mut self.close => Wake::Close(reason.unwrap_or(CLOSED_SILENTLY)),
            _ = self.wake.changed() => Wake::Events,
            event = ephemeral => Wake::Ephemeral(event),
        }
    }

    /// Returns when the stream is to end. Not to be called again after that. Cancel safe.
    pub async fn closed(&mut self) -> CloseReason {
        (&mut self.close).await.unwrap_or(CLOSED_SILENTLY)
    }

    /// Why the stream is to end, where it is.
    pub fn try_closed(&mut self) -> Option<CloseReason> {
        self.close.try_recv().ok()
    }
}

/// Where the hub has dropped the connection without a reason: the program stops.
const CLOSED_SILENTLY: CloseReason = CloseReason::Stopping(RETURN_SPREAD);

impl Drop for Subscription {
    fn drop(&mut self) {
        self.registry.write().leave(self.client, &self.cursor.buffer);
    }
}
