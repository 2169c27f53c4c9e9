//! Why the program, or one of its commands, ends without having done its work: one line on standard error, and exit 2.

use super::{
    net::ServeError,
    store::{OpenError, StoreError},
};
use std::io;

/// Each is shown to whoever started the program. None is an answer to a request.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// A setting that cannot be used, or that another setting excludes.
    #[error("{0}")]
    Setting(String),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database is open and refuses what was asked of it, such as adding a user whose name is taken.
    #[error("{}", .0.in_full())]
    Store(#[from] StoreError),
    /// The address or the certificate cannot be used, or serving has failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The password cannot be read from the terminal or from standard input.
    #[error("the password cannot be read: {0}")]
    Password(io::Error),
    /// Standard output cannot be written to.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// The metrics recorder cannot be installed.
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}
