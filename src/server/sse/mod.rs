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
//! - `handover`, `sink`: a stream that is taken as it is instead of in a body, and the port to the socket of who writes it itself;
//! - `event_id`, `wire`: the text of a position and of an event;
//! - `metrics`: the port to what is counted.

mod bounds;
pub mod event_id;
mod event_log;
mod handover;
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
pub use event_id::{EventId, NotAnId};
pub use event_log::{Audience, EventLog, LogEvent, Page, Subscriber};
pub use handover::{HandedOver, TakesStream};
pub use hub::{AdmissionError, CloseReason, ConnectionRequest, ConnectionSnapshot, Hub, Limits};
pub use metrics::{Cause, Metrics, Source};
pub use notifier::{CommitNotifier, CommitSubscription};
pub use session::Session;
pub use sink::{Sink, Taken};
pub use stream::{EventStream, OpenError, STREAM_HEADERS, StreamRequest};
pub use tail::tail;
