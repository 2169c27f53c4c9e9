//! What can go wrong in the store, by what its caller should do about it.
//!
//! Promise: a fault that ends by itself (a lock, a full disk, a database that is restarted or does not answer) is
//! [`StoreError::Unavailable`]; nothing of what was asked for has then been done, except where a commit's answer was lost.

use crate::model::order::Order;

/// Why the store did not do what it was asked for. Of a failure, the caller is told `what`; `detail` is for the log of who runs the program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not now; the same may go well a little later.
    #[error("{what}; try again")]
    Unavailable { what: &'static str, detail: String },
    /// The thing is in another state by now, or what was given contradicts what is kept.
    #[error("{0}")]
    Conflict(String),
    /// The order is in another state than the caller saw, or than can be changed so; `order` is what it is now.
    #[error("{line}")]
    OrderChanged { line: String, order: Box<Order> },
    /// There is no such thing, or it is not the caller's to know of. `field` is the argument that named it, where it can be shown beside it.
    #[error("{line}")]
    NotFound { line: String, field: Option<&'static str> },
    /// A value that is never taken.
    #[error("{line}")]
    Invalid { line: String, field: Option<&'static str> },
    /// It is larger than is taken.
    #[error("{0}")]
    TooLarge(String),
    /// It cannot be read at all.
    #[error("{0}")]
    Malformed(String),
    /// A fault of ours: the database refused a statement, or holds what cannot be read.
    #[error("the database refused; the server's log says why")]
    Internal(String),
}

impl StoreError {
    pub(super) fn not_found(line: impl Into<String>) -> Self {
        Self::NotFound { line: line.into(), field: None }
    }

    pub fn invalid(line: impl Into<String>) -> Self {
        Self::Invalid { line: line.into(), field: None }
    }

    pub(super) fn conflict(line: impl Into<String>) -> Self {
        Self::Conflict(line.into())
    }

    /// The same, about that argument.
    pub(super) fn at(self, name: &'static str) -> Self {
        match self {
            Self::NotFound { line, .. } => Self::NotFound { line, field: Some(name) },
            Self::Invalid { line, .. } => Self::Invalid { line, field: Some(name) },
            other => other,
        }
    }

    /// It took longer than an operation may.
    pub(super) fn too_slow(detail: impl Into<String>) -> Self {
        Self::Unavailable { what: NO_ANSWER, detail: detail.into() }
    }

    /// With the detail, for who runs the program.
    pub fn in_full(&self) -> String {
        match self {
            Self::Unavailable { what, detail } => format!("{what} ({detail})"),
            Self::Internal(detail) => detail.clone(),
            other => other.to_string(),
        }
    }

    /// Whether the database failed, rather than that the store refused.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Internal(_))
    }
}

const NO_ANSWER: &str = "the database does not answer";
const BUSY: &str = "the database is busy";
const FULL: &str = "the database's disk is full";
const NOT_WRITABLE: &str = "the database cannot be written to";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match outage(&error) {
            Some(what) => Self::Unavailable { what, detail: error.to_string() },
            None => Self::Internal(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

/// What is wrong, where the same statement may go well a little later.
fn outage(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Some(NO_ANSWER),
        // A connection whose other end went away in the middle of an answer.
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Some(NO_ANSWER),
        sqlx::Error::Database(error) => error.code().and_then(|code| match code.len() {
            5 => postgres_outage(&code),
            _ => code.parse().ok().and_then(sqlite_outage),
        }),
        _ => None,
    }
}

/// By PostgreSQL's classes of errors ([its manual, appendix A](https://www.postgresql.org/docs/current/errcodes-appendix.html)).
fn postgres_outage(code: &str) -> Option<&'static str> {
    const CLASSES: [(&str, &str); 11] = [
        // The connection is lost; the server stops or starts; it ended a transaction that was silent for too long.
        ("08", NO_ANSWER),
        ("57P", NO_ANSWER),
        ("25P03", NO_ANSWER),
        // Cancelled because it took too long; rolled back for another's sake; waited too long for a lock.
        ("57014", BUSY),
        ("40", BUSY),
        ("55P03", BUSY),
        ("53100", FULL),
        // Out of connections or memory.
        ("53", BUSY),
        // The server has become a replica; a file could not be written.
        ("25006", NOT_WRITABLE),
        ("58030", NOT_WRITABLE),
        ("57", NO_ANSWER),
    ];
    CLASSES.iter().find(|(class, _)| code.starts_with(class)).map(|(_, what)| *what)
}

/// By [SQLite's result codes](https://www.sqlite.org/rescode.html). The low byte of an extended code is the primary one.
fn sqlite_outage(code: u32) -> Option<&'static str> {
    match code & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL
        5 | 6 | 15 => Some(BUSY),
        // SQLITE_FULL
        13 => Some(FULL),
        // SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN
        8 | 10 | 14 => Some(NOT_WRITABLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_ends_by_itself_is_told_from_one_of_ours() {
        for code in [5, 6, 13, 10, 14, 8, 517, 261, 778, 1546, 1032] {
            assert!(sqlite_outage(code).is_some(), "{code}");
        }
        // SQLITE_ERROR, SQLITE_CONSTRAINT_UNIQUE, SQLITE_CORRUPT
        for code in [1, 2067, 11] {
            assert!(sqlite_outage(code).is_none(), "{code}");
        }
        for code in ["08006", "57P01", "25P03", "57014", "40001", "55P03", "53300", "53100", "25006", "58030"] {
            assert!(postgres_outage(code).is_some(), "{code}");
        }
        // A unique key, a transaction that was aborted before, a table that is missing.
        for code in ["23505", "25P02", "42P01"] {
            assert!(postgres_outage(code).is_none(), "{code}");
        }
    }
}
