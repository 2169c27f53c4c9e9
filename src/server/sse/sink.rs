//! The port to what a stream is written to, where the hub may write to it as well: a server that holds a stream's socket itself attaches it as
//! a [`Sink`] ([`super::EventStream::attach`]).
//!
//! A stream that waits has had all of its pieces taken. From then until it is woken, the hub writes what comes: no task is woken for an
//! event that goes straight to a socket which takes it.

use bytes::Bytes;

/// What a stream is written to.
///
/// Its owner polls the stream only once all before has been taken, and puts a piece of the stream's behind what the sink still has: the hub
/// may have written between the two.
pub trait Sink: Send + Sync + 'static {
    /// These pieces as all sinks of the hub write them: called once a batch, however many streams get it.
    fn frame(&self, pieces: &[Bytes]) -> Bytes;

    /// Takes what was framed, as far as it can at once; nothing while it still has a part of what it took before. Never waits.
    fn try_write(&self, framed: &Bytes) -> Taken;
}

/// How much a sink has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    All,
    /// The beginning. Its owner is woken, and writes the rest before all else.
    Partly,
    /// Its owner is woken, and takes from the stream instead.
    Nothing,
}
