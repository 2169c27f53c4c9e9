//! Handing a stream over as it is: a server that can write event streams itself says so in a request's extensions, and finds the stream in the
//! response's, instead of a body around it.

use bytes::Bytes;
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_stream::Stream;

/// The pieces of an event stream: each is one whole event, or more.
pub type Pieces = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// In a request's extensions: whoever asks takes an event stream as it is.
#[derive(Clone, Copy, Debug)]
pub struct TakesStream;

/// In a response's extensions: the event stream that its empty body stands for. Clones share it; the first to take it has it.
#[derive(Clone)]
pub struct DirectBody(Arc<Mutex<Option<Pieces>>>);

impl DirectBody {
    pub fn new(pieces: Pieces) -> Self {
        Self(Arc::new(Mutex::new(Some(pieces))))
    }

    /// The stream, once.
    pub fn take(&self) -> Option<Pieces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
