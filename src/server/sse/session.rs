//! The port to sessions: a stream ends with the session that it was opened under.

use std::{fmt::Display, sync::Arc};
use tokio::time::Instant;

/// The session that a stream is opened under.
///
/// Its end comes as an event of the log ([`super::Audience::SessionEnded`]), at [`Session::expires`], or is found by
/// [`Session::is_valid`] where the event could have been missed.
pub trait Session: Send + Sync + 'static {
    /// Why it could not be found out whether the session is valid.
    type Error: Display + Send + 'static;

    /// The name by which an event of the log says that it has ended. It need not be the session's secret, and should not be.
    fn handle(&self) -> Arc<str>;

    /// When it expires; `None` for never.
    fn expires(&self) -> Option<Instant>;

    /// Whether it has not ended yet. Asked once the stream is registered with the hub, because an end before that finds no stream to
    /// close; and again, before the stream sends anything more, whenever the tail had to pass over a part of the log.
    fn is_valid(&self) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// No session: the stream does not end by itself.
impl Session for () {
    type Error = std::convert::Infallible;

    fn handle(&self) -> Arc<str> {
        "".into()
    }

    fn expires(&self) -> Option<Instant> {
        None
    }

    async fn is_valid(&self) -> Result<bool, Self::Error> {
        Ok(true)
    }
}
