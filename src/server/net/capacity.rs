//! Capacity: how many streams and connections the limit of open files allows.

/// Files kept for all but streams: requests under way, the refusal of the next stream, and what is no connection.
const NOT_STREAMS: u64 = 256;

/// Files kept for all but connections: the database's, and the refusal of one connection too many.
const NOT_CONNECTIONS: u64 = 64;

/// The soft limit where it cannot be read.
const USUAL_LIMIT: u64 = 1_024;

/// How much may be open at once.
pub struct Capacity {
    pub streams: usize,
    pub connections: usize,
}

/// Raises the soft limit of open files to the hard limit (the usual soft limit of 1,024 is for programs that use `select`), and shares the
/// files out: at most `streams` streams, and no more streams or connections than there are files for. So one too many gets a clear refusal
/// instead of no answer.
pub fn capacity(streams: usize) -> Capacity {
    let files = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(USUAL_LIMIT, |(soft, _)| soft)
        }
    };
    let without = |others: u64| usize::try_from(files - others.min(files / 2)).unwrap_or(usize::MAX);
    let capacity = Capacity { streams: without(NOT_STREAMS).min(streams), connections: without(NOT_CONNECTIONS) };
    tracing::info!(files, capacity.streams, capacity.connections, "limits");
    capacity
}
