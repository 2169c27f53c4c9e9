//! The live half: from a commit to the bytes on every open stream. It can be read, and copied, on its own.
//!
//! [`bell`] says that the log has grown, [`carrier`] says it to other instances; [`tail`] reads what is new, once a node; [`hub`] knows who is connected and keeps the last few
//! frames of each; [`stream`] is one `GET /events`; [`frame`] is the wire's format.

mod bell;
mod carrier;
pub mod frame;
mod hub;
mod stream;
mod tail;

pub use bell::Bell;
pub use carrier::{Carried, carry};
pub use frame::passing;
pub use hub::{End, Hub, Limits, Refused};
pub use stream::{STREAM_HEADERS, Start, Stream};
pub use tail::tail;
