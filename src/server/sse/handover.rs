//! Handing a stream over as it is: a server that takes it says so in a request's extensions, and finds it in the response's, beside an empty
//! body. So the layers of the router see the response, and stay around none of the stream's events.

use super::EventStream;
use std::sync::{Arc, Mutex, PoisonError};

/// In a request's extensions: whoever asks takes an event stream as it is.
#[derive(Clone, Copy, Debug)]
pub struct TakesStream;

/// In a response's extensions: the event stream that stands for its empty body. Clones share it; the first to take it has it.
#[derive(Clone)]
pub struct HandedOver(Arc<Mutex<Option<EventStream>>>);

impl HandedOver {
    pub fn new(stream: EventStream) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    /// The stream, once.
    pub fn take(&self) -> Option<EventStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
