//! The bell: rings after a commit, carries nothing. Whoever hears it looks in the log.
//!
//! Promises: a ring after the last look is heard by the next wait, however many rang in between (they are one).
//! Not promised: that a ring arrives at all. A listener looks by itself now and then; a lost ring costs that moment, never an event.

use tokio::sync::watch;

/// A bell within this process. Clones ring, and hear, the same one.
#[derive(Clone, Debug, Default)]
pub struct Bell(watch::Sender<()>);

impl Bell {
    /// Says that the log has grown. Never waits.
    pub fn ring(&self) {
        self.0.send_replace(());
    }

    /// Someone who waits for it.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// One listener; it hears rings from when it was made.
#[derive(Debug)]
pub struct Listener(watch::Receiver<()>);

impl Listener {
    /// Returns at once if it has rung since the last call, else when it rings.
    pub async fn heard(&mut self) {
        if self.0.changed().await.is_err() {
            // The bell is gone, so nothing will ever be told.
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn rings_before_the_wait_are_heard_once() {
        let bell = Bell::default();
        let mut listener = bell.listen();
        assert!(listener.heard().now_or_never().is_none());
        bell.ring();
        bell.ring();
        assert!(listener.heard().now_or_never().is_some());
        assert!(listener.heard().now_or_never().is_none());
    }
}
