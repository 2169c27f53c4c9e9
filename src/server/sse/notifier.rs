//! The commit notifier: wakes the log's readers after a commit. It carries no data: whoever is woken reads the log.
//!
//! Promises: a notification since a subscriber's last wait ends its next wait at once; several of them end it once.
//! Not promised: that a notification arrives at all (another process' commits may not be heard of). A subscriber also reads now and then
//! unasked: a lost notification costs that delay, never an event.

use tokio::sync::watch;

/// Notifies of commits. Clones share the subscribers.
#[derive(Clone, Debug, Default)]
pub struct CommitNotifier {
    any: watch::Sender<()>,
    /// Commits of this process only: what other instances have to be notified of.
    local: watch::Sender<()>,
}

impl CommitNotifier {
    /// Notifies all subscribers that this process has made the log grow. Never waits.
    pub fn notify(&self) {
        self.any.send_replace(());
        self.local.send_replace(());
    }

    /// Notifies that another instance has, or may have.
    pub fn notify_remote(&self) {
        self.any.send_replace(());
    }

    /// Subscribes to all commits from now on.
    pub fn subscribe(&self) -> CommitSubscription {
        CommitSubscription(self.any.subscribe())
    }

    /// Subscribes to this process' own commits from now on, to pass them on to other instances.
    pub fn subscribe_local(&self) -> CommitSubscription {
        CommitSubscription(self.local.subscribe())
    }
}

/// A subscriber of a [`CommitNotifier`].
#[derive(Debug)]
pub struct CommitSubscription(watch::Receiver<()>);

impl CommitSubscription {
    /// Returns at once if there was a notification since the last call, else with the next. Cancel safe.
    pub async fn notified(&mut self) {
        if self.0.changed().await.is_err() {
            // The notifier is gone: no notification can follow.
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn notifications_before_the_wait_end_it_once() {
        let notifier = CommitNotifier::default();
        let mut subscription = notifier.subscribe();
        assert!(subscription.notified().now_or_never().is_none());
        notifier.notify();
        notifier.notify();
        assert!(subscription.notified().now_or_never().is_some());
        assert!(subscription.notified().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_remote_commit_is_not_passed_on_again() {
        let notifier = CommitNotifier::default();
        let (mut any, mut local) = (notifier.subscribe(), notifier.subscribe_local());
        notifier.notify_remote();
        assert!(any.notified().now_or_never().is_some());
        assert!(local.notified().now_or_never().is_none());
        notifier.notify();
        assert!(local.notified().now_or_never().is_some());
    }
}
