//! What this process has committed and its log tail has not read yet. The tail takes it from here, and asks the database for nothing.
//!
//! Promises: what is taken is what the database would have answered when the commit was over: the events past the cursor, with the log's state.
//! Not promised: that anything is here. The tail then reads the database, which has everything.
//!
//! Only where no other process notifies the tail. It is woken once for several commits; those of another instance are not here, and might
//! wait until the tail reads unasked.

use super::log::Read;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Bytes of data that are kept for a tail that is slow, or for none: commands have none.
const BYTES_MAX: usize = 512 * 1024;

/// Events, likewise.
const EVENTS_MAX: usize = 2_048;

#[derive(Default)]
pub(super) struct RecentCommits(Mutex<VecDeque<Commit>>);

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
    pub fn keep(&self, commit: Commit) {
        let mut commits = self.lock();
        commits.push_back(commit);
        let (mut events, mut bytes) = (0, 0);
        let mut room = |commit: &Commit| {
            events += commit.read.page.events.len();
            bytes += commit.bytes();
            events <= EVENTS_MAX && bytes <= BYTES_MAX
        };
        let kept = commits.iter().rev().take_while(|commit| room(commit)).count();
        let over = commits.len() - kept;
        commits.drain(..over);
    }

    /// What was committed past `cursor`, if it is here. Commits before it are thrown away.
    pub fn take(&self, cursor: i64) -> Option<Read> {
        let mut commits = self.lock();
        while commits.front().is_some_and(|commit| commit.cursor < cursor) {
            commits.pop_front();
        }
        let mut read = commits.pop_front_if(|commit| commit.cursor == cursor)?.read;
        // There is more: the tail may have been told of it already.
        if let Some(next) = commits.back() {
            read.page.bounds.head = next.read.page.bounds.head;
        }
        Some(read)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Commit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let commits = RecentCommits::default();
        for cursor in [0, 1, 5] {
            commits.keep(commit(cursor, 1, 1));
        }
        assert_eq!(through(commits.take(0)), Some(1));
        // Between these, somebody else has committed.
        assert_eq!(through(commits.take(2)), None);
        assert_eq!(through(commits.take(1)), None, "it was before the cursor, and is gone");
        assert_eq!(through(commits.take(5)), Some(6));
        assert_eq!(through(commits.take(6)), None);
    }

    #[test]
    fn commits_that_nobody_reads_do_not_pile_up() {
        let commits = RecentCommits::default();
        for cursor in 0..3 * EVENTS_MAX as i64 {
            commits.keep(commit(cursor, 1, 1));
        }
        assert_eq!(commits.lock().len(), EVENTS_MAX);
        for cursor in 0..9 {
            commits.keep(commit(cursor, 4, BYTES_MAX / 16));
        }
        assert_eq!(commits.lock().len(), 4);
        commits.keep(commit(9, 1, BYTES_MAX + 1));
        assert_eq!(commits.lock().len(), 0, "the tail reads it in pages");
    }
}
