//! What this process has committed and its log tail has not read yet. The tail takes it from here, and asks the database for nothing.
//!
//! Promises: what is taken is what the database would have answered when the commit was over: the events past the cursor, with the log's state.
//! Not promised: that anything is here. The tail then reads the database, which has everything.
//!
//! Events may change or go after they were committed, with the user whom they are for: this process then forgets them, and what another does
//! is seen by all that is older than [`KEPT_FOR`].
//!
//! Only where no other process notifies the tail. It is woken once for several commits; those of another instance are not here, and might
//! wait until the tail reads unasked.

use crate::server::sse::Page;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a commit is kept: far longer than a tail takes that is awake, and not as long as removing a user and adding another of the same name.
const KEPT_FOR: Duration = Duration::from_millis(250);

/// Bytes of data that are kept for a tail that is slow, or for none: commands have none.
const BYTES_MAX: usize = 512 * 1024;

/// Events, likewise.
const EVENTS_MAX: usize = 2_048;

#[derive(Default)]
pub(super) struct RecentCommits(Mutex<VecDeque<(Instant, Commit)>>);

/// A page, with what tells whether it is of the same log as the one before it.
pub(super) struct Read {
    pub page: Page,
    /// The nonce of the event at the cursor that was read from.
    pub nonce_at_cursor: i64,
    /// That of the last event of the page, where there is one.
    pub last_nonce: Option<i64>,
}

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
    /// Keeps a commit, and the ones before it as far as there is room.
    pub fn keep(&self, commit: Commit, now: Instant) {
        let mut commits = self.lock();
        commits.push_back((now, commit));
        let (mut events, mut bytes) = (0, 0);
        let mut has_room = |commit: &Commit| {
            events += commit.read.page.events.len();
            bytes += commit.bytes();
            events <= EVENTS_MAX && bytes <= BYTES_MAX
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
        // There is more: the tail may have been told of it already.
        if let Some((_, last)) = commits.back() {
            read.page.bounds.head = last.read.page.bounds.head;
        }
        Some(read)
    }

    /// Events that are in the log have changed.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Instant, Commit)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::sse::{Audience, Bounds, LogEvent};

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
        for cursor in [0, 1, 5] {
            commits.keep(commit(cursor, 1, 1), now);
        }
        let first = commits.take(0, now).unwrap().page;
        assert_eq!((first.through, first.bounds.head), (1, 6), "there is more, and the tail is told");
        // Between these, somebody else has committed.
        assert_eq!(through(commits.take(2, now)), None);
        assert_eq!(through(commits.take(1, now)), None, "it was before the cursor, and is gone");
        assert_eq!(through(commits.take(5, now)), Some(6));
        assert_eq!(through(commits.take(6, now)), None);
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
        for cursor in 0..3 * EVENTS_MAX as i64 {
            commits.keep(commit(cursor, 1, 1), now);
        }
        assert_eq!(commits.lock().len(), EVENTS_MAX);
        for cursor in 0..9 {
            commits.keep(commit(cursor, 4, BYTES_MAX / 16), now);
        }
        assert_eq!(commits.lock().len(), 4);
        commits.keep(commit(9, 1, BYTES_MAX + 1), now);
        assert_eq!(commits.lock().len(), 0, "the tail reads it in pages");
    }
}
