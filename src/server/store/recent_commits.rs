//! What this process has committed and its log tail has not read yet. The tail takes it from here, and asks the database for nothing.
//!
//! Promises: what is taken is what the database would answer: the next events past the cursor, as many commits of them as are here. At most
//! a page of events is kept. Not promised: that anything is here. The tail then reads the database, which has everything.
//!
//! Whoever notifies the tail has kept what it committed, or made this forget: one notification may be for several commits, and the tail, given
//! some of them, is not to wait for the next. So this is used on SQLite alone: on PostgreSQL other instances notify it too.
//!
//! Events in the log may change or go, with the user whom they are for. This process then forgets what is here. What another process does to
//! events is missed only by commits younger than [`KEPT_FOR`].

use super::log_page::{PAGE, PAGE_BYTES, Read};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a commit is kept: longer than a tail that is awake needs, shorter than it takes to remove a user and give the name to another.
const KEPT_FOR: Duration = Duration::from_millis(250);

#[derive(Default)]
pub(super) struct RecentCommits(Mutex<VecDeque<(Instant, Commit)>>);

/// The events of one commit.
pub(super) struct Commit {
    /// The log's head before it.
    pub cursor: i64,
    pub read: Read,
}

impl Commit {
    fn bytes(&self) -> usize {
        self.read.page.events.iter().map(|event| event.data.len()).sum()
    }
}

impl RecentCommits {
    /// Keeps a commit, and the ones before it as far as there is room: commands have no tail, and one may be slow. Called in commit order.
    pub fn keep(&self, commit: Commit, now: Instant) {
        let mut commits = self.lock();
        commits.push_back((now, commit));
        let (mut events, mut bytes) = (0, 0);
        let mut has_room = |commit: &Commit| {
            events += commit.read.page.events.len();
            bytes += commit.bytes();
            events <= PAGE && bytes <= PAGE_BYTES
        };
        let kept = commits.iter().rev().take_while(|(_, commit)| has_room(commit)).count();
        let over = commits.len() - kept;
        commits.drain(..over);
    }

    /// What was committed past `cursor`, if it is here. What was before it is thrown away.
    pub fn take(&self, cursor: i64, now: Instant) -> Option<Read> {
        let mut commits = self.lock();
        while commits.pop_front_if(|(kept, commit)| commit.cursor < cursor || now.duration_since(*kept) > KEPT_FOR).is_some() {}
        let (_, Commit { mut read, .. }) = commits.pop_front_if(|(_, commit)| commit.cursor == cursor)?;
        // All that came meanwhile is delivered at once, as it would be if it were read.
        while let Some((_, next)) = commits.pop_front_if(|(_, next)| read.is_continued_by(next)) {
            read.page.events.extend(next.read.page.events);
            read.page.through = next.read.page.through;
            read.page.bounds = next.read.page.bounds;
            read.last_nonce = next.read.last_nonce;
        }
        // The tail may have been notified of these too.
        if let Some((_, last)) = commits.back() {
            read.page.bounds.head = last.read.page.bounds.head;
        }
        Some(read)
    }

    /// What is in the log has changed.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Instant, Commit)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read {
    fn is_continued_by(&self, next: &Commit) -> bool {
        next.cursor == self.page.through && next.read.page.bounds.epoch == self.page.bounds.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::sse::{Audience, Bounds, LogEvent, Page};

    /// A commit of `count` events past `cursor`, each with so many bytes of data.
    fn commit(cursor: i64, count: i64, bytes: usize) -> Commit {
        let event = |sequence| LogEvent { sequence, audience: Audience::Everyone, kind: "weather".into(), data: "x".repeat(bytes) };
        let head = cursor + count;
        let page =
            Page { bounds: Bounds { epoch: "e".into(), head, floor: 0 }, events: (cursor + 1..=head).map(event).collect(), through: head };
        Commit { cursor, read: Read { page, nonce_at_cursor: 1, last_nonce: Some(2) } }
    }

    fn through(read: Option<Read>) -> Option<i64> {
        read.map(|read| read.page.through)
    }

    #[test]
    fn only_what_is_past_the_very_cursor_is_taken() {
        let (commits, now) = (RecentCommits::default(), Instant::now());
        for cursor in [0, 5, 9] {
            commits.keep(commit(cursor, 1, 1), now);
        }
        let first = commits.take(0, now).unwrap().page;
        assert_eq!((first.through, first.bounds.head), (1, 10), "there is more, and the tail is told");
        // Between these, somebody else has committed.
        assert_eq!(through(commits.take(1, now)), None);
        assert_eq!(through(commits.take(6, now)), None);
        assert_eq!(through(commits.take(5, now)), None, "it was before the cursor, and is gone");
        assert_eq!(through(commits.take(9, now)), Some(10));
        assert_eq!(through(commits.take(10, now)), None);
    }

    #[test]
    fn commits_that_follow_each_other_are_taken_together() {
        let (commits, now) = (RecentCommits::default(), Instant::now());
        for (cursor, count) in [(3, 2), (5, 1), (6, 3)] {
            let mut commit = commit(cursor, count, 1);
            (commit.read.nonce_at_cursor, commit.read.last_nonce) = (cursor, Some(cursor + count));
            commits.keep(commit, now);
        }
        let mut of_another_epoch = commit(9, 1, 1);
        of_another_epoch.read.page.bounds.epoch = "f".into();
        commits.keep(of_another_epoch, now);
        let Read { page, nonce_at_cursor, last_nonce } = commits.take(3, now).unwrap();
        assert_eq!(page.events.iter().map(|event| event.sequence).collect::<Vec<_>>(), (4..=9).collect::<Vec<_>>());
        assert_eq!((page.through, page.bounds.epoch.as_str(), page.bounds.head), (9, "e", 10));
        assert_eq!((nonce_at_cursor, last_nonce), (3, Some(9)));
        assert_eq!(through(commits.take(9, now)), Some(10));
    }

    /// Another process may have changed it since.
    #[test]
    fn what_is_old_is_left_to_the_database() {
        let (commits, now) = (RecentCommits::default(), Instant::now());
        commits.keep(commit(0, 1, 1), now);
        commits.keep(commit(1, 1, 1), now + KEPT_FOR);
        let later = now + KEPT_FOR + Duration::from_millis(1);
        assert_eq!(through(commits.take(0, later)), None);
        assert_eq!(through(commits.take(1, later)), Some(2));
    }

    #[test]
    fn commits_that_nobody_reads_do_not_pile_up() {
        let (commits, now) = (RecentCommits::default(), Instant::now());
        for cursor in 0..3 * PAGE as i64 {
            commits.keep(commit(cursor, 1, 1), now);
        }
        assert_eq!(commits.lock().len(), PAGE);
        for cursor in 0..9 {
            commits.keep(commit(cursor, 4, PAGE_BYTES / 16), now);
        }
        assert_eq!(commits.lock().len(), 4);
        commits.keep(commit(9, 1, PAGE_BYTES + 1), now);
        assert_eq!(commits.lock().len(), 0, "the tail reads it in pages");
    }
}
