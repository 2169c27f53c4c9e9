//! The notifier: rings after a commit, carries nothing. Whoever hears it looks in the log.
//!
//! Promises: a ring after the last look is heard by the next wait, however many rang in between (they are one).
//! Not promised: that a ring arrives at all. A listener looks by itself now and then; a lost ring costs that moment, never an event.

use tokio::sync::watch;

/// The bell of this process. Clones ring, and hear, the same one.
#[derive(Clone, Debug, Default)]
pub struct CommitNotifier {
    heard: watch::Sender<()>,
    /// Rings only for what this process has committed: that is what others have to be told.
    rung: watch::Sender<()>,
}

impl CommitNotifier {
    /// Says that this process has made the log grow. Never waits.
    pub fn notify(&self) {
        self.heard.send_replace(());
        self.rung.send_replace(());
    }

    /// Says that another has, as far as is known.
    pub fn notify_remote(&self) {
        self.heard.send_replace(());
    }

    /// Someone who waits for any ring.
    pub fn subscribe(&self) -> CommitSubscription {
        CommitSubscription(self.heard.subscribe())
    }

    /// Someone who waits for this process' own, to pass them on.
    pub fn subscribe_local(&self) -> CommitSubscription {
        CommitSubscription(self.rung.subscribe())
    }
}

/// One listener; it hears rings from when it was made.
#[derive(Debug)]
pub struct CommitSubscription(watch::Receiver<()>);

impl CommitSubscription {
    /// Returns at once if it has rung since the last call, else when it rings.
    pub async fn notified(&mut self) {
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
        let notifier = CommitNotifier::default();
        let mut listener = notifier.subscribe();
        assert!(listener.notified().now_or_never().is_none());
        notifier.notify();
        notifier.notify();
        assert!(listener.notified().now_or_never().is_some());
        assert!(listener.notified().now_or_never().is_none());
    }

    #[tokio::test]
    async fn what_was_rung_afar_is_not_passed_on_again() {
        let notifier = CommitNotifier::default();
        let (mut listener, mut carrier) = (notifier.subscribe(), notifier.subscribe_local());
        notifier.notify_remote();
        assert!(listener.notified().now_or_never().is_some());
        assert!(carrier.notified().now_or_never().is_none());
        notifier.notify();
        assert!(carrier.notified().now_or_never().is_some());
    }
}
