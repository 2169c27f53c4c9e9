//! Why the program cannot serve, or serves no longer.

use std::{io, net::SocketAddr};

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or is none of this machine's.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The certificate or its key cannot be read.
    #[error("--tls-cert, --tls-key: {0}")]
    Certificate(io::Error),
    /// The signals that stop the program cannot be received.
    #[error("signals: {0}")]
    Signals(io::Error),
}
