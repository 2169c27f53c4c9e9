//! The streaming core: from a commit to the bytes on every open stream.

pub mod event_id;
mod hub;
mod notifier;
mod stream;
mod tail;
pub mod wire;

pub use event_id::{EventId, NotAnId};
pub use hub::{AdmissionError, CloseReason, Hub, Limits};
pub use notifier::{CommitNotifier, CommitSubscription};
pub use stream::{STREAM_HEADERS, Start, Stream};
pub use tail::tail;
pub use wire::ephemeral;
