//! Whether the log is the one that was read before. A backup that was restored, or a failover that lost commits, takes it back: sequences
//! are used again, for other events, and whoever has seen the first ones would silently miss the second.
//!
//! Promises: each transaction's events bear a random nonce. The log tail remembers that of the last event it read and looks for it each time
//! it reads on; who serves a SQLite file also keeps it beside the file, in `<file>.epoch`, for its next start. Where it is not there, or
//! bears another nonce, the log begins a new epoch, and a cursor of the old one gets a `resync` (invariant 5). For a PostgreSQL that
//! was restored while no instance ran there is `orderwire new-epoch`.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// Bytes of the file: it is written in place, so that a full disk does not matter.
const FILE_BYTES: usize = 96;

/// What stands for the nonce of an event that is not in the log.
pub(super) const NO_NONCE: i64 = -1;

/// An event that is known to have been in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub epoch: String,
    pub sequence: i64,
    /// 0 for events of versions that kept none.
    pub nonce: i64,
}

#[derive(Default)]
pub(super) struct Continuity {
    /// The last event that the tail has read.
    read: Mutex<Option<Mark>>,
    /// The file beside a SQLite database; only of who serves it.
    file: Mutex<Option<File>>,
}

impl Continuity {
    /// Keeps the last event that was committed here, where there is a file for it. Readers may have seen it from now on.
    pub fn file(&self, mark: &Mark) {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &*file
            && let Err(error) = write(file, mark)
        {
            tracing::warn!(%error, "the file of the epoch cannot be written");
        }
    }

    /// Whether the log, which has this head, and at `cursor` this nonce, cannot be the one that the tail has read up to `cursor`.
    pub fn went_back(&self, cursor: i64, now: &Mark, head: i64) -> bool {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let same_epoch = read.as_ref().filter(|read| read.epoch == now.epoch);
        let replaced = |read: &Mark| read.sequence == cursor && ![now.nonce, read.nonce].contains(&NO_NONCE) && now.nonce != read.nonce;
        same_epoch.is_some_and(|read| head < read.sequence || replaced(read))
    }

    /// Takes the file, once the log has been held against it.
    pub fn keep_file(&self, file: File) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }

    /// The tail has read up to there.
    pub fn read_to(&self, mark: Mark) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(mark);
    }
}

pub(super) fn write(file: &File, mark: &Mark) -> io::Result<()> {
    let line = format!("{} {} {}", mark.epoch, mark.sequence, mark.nonce);
    file.write_all_at(format!("{line:<width$}\n", width = FILE_BYTES - 1).as_bytes(), 0)
}

/// What the file says, if it can be read.
pub(super) fn read(file: &File) -> Option<Mark> {
    let mut bytes = [0; FILE_BYTES];
    file.read_exact_at(&mut bytes, 0).ok()?;
    let mut words = str::from_utf8(&bytes).ok()?.split_whitespace();
    let mark = Mark { epoch: words.next()?.into(), sequence: words.next()?.parse().ok()?, nonce: words.next()?.parse().ok()? };
    words.next().is_none().then_some(mark)
}

/// An epoch that was never used: it is random.
pub(super) fn fresh_epoch() -> String {
    let mut epoch = Uuid::new_v4().simple().to_string();
    epoch.truncate(8);
    epoch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_reads_back_and_what_is_no_mark_is_none() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(read(&file), None);
        let mark = Mark { epoch: "0123abcd".into(), sequence: i64::MAX, nonce: i64::MAX };
        write(&file, &mark).unwrap();
        assert_eq!(read(&file), Some(mark));
        // Shorter, over longer.
        let mark = Mark { epoch: "e".into(), sequence: 1, nonce: 2 };
        write(&file, &mark).unwrap();
        assert_eq!(read(&file), Some(mark));
        file.write_all_at(b"x y z", 0).unwrap();
        assert_eq!(read(&file), None);
    }
}
