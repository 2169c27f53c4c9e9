//! The streaming core: from a commit to the bytes of every open event stream (server-sent events).
//!
//! The folder depends on nothing of the program around it. To use it elsewhere, copy it, implement [`EventLog`] for your log and
//! [`Session`] for your sessions, and spawn one [`fn@tail`] an instance; `examples/minimal` does so. The way of an event:
//!
//! ```text
//! CommitNotifier → tail (the one reader of the log's end) → Hub (a ReplayBuffer a subscriber) → EventStream (a cursor) → bytes
//! ```
//!
//! - `event_log`: the port to the log, and what crosses it;
//! - `bounds`: the one rule that decides whether a cursor can be served;
//! - `notifier`, `tail`, `hub`, `stream`: the stations, in this order;
//! - `direct`, `sink`: a stream for a server that writes it itself, and the port to its socket;
//! - `event_id`, `wire`: the text of a position and of an event;
//! - `metrics`: the port to what is counted.

mod bounds;
mod direct;
pub mod event_id;
mod event_log;
mod hub;
mod metrics;
mod notifier;
mod session;
mod sink;
mod stream;
mod tail;
pub mod wire;

#[cfg(test)]
mod tests;

pub use bounds::{Bounds, ResyncReason};
pub use direct::{DirectBody, TakesStream};
pub use event_id::{EventId, NotAnId};
pub use event_log::{Audience, EventLog, LogEvent, Page, Subscriber};
pub use hub::{AdmissionError, CloseReason, ConnectionRequest, ConnectionSnapshot, Hub, Limits};
pub use metrics::{Cause, Metrics, Source};
pub use notifier::{CommitNotifier, CommitSubscription};
pub use session::Session;
pub use sink::{Sink, Taken};
pub use stream::{EventStream, OpenError, STREAM_HEADERS, StreamRequest};
pub use tail::tail;
