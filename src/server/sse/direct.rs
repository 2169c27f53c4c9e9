//! Handing a stream over as it is: a server that can write event streams itself says so in a request's extensions, and finds the stream in the
//! response's, instead of a body around it.

use super::EventStream;
use std::sync::{Arc, Mutex, PoisonError};

/// In a request's extensions: whoever asks takes an event stream as it is.
#[derive(Clone, Copy, Debug)]
pub struct TakesStream;

/// In a response's extensions: the event stream that its empty body stands for. Clones share it; the first to take it has it.
#[derive(Clone)]
pub struct DirectBody(Arc<Mutex<Option<EventStream>>>);

impl DirectBody {
    pub fn new(stream: EventStream) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    /// The stream, once.
    pub fn take(&self) -> Option<EventStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
