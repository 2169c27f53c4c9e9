//! The body of a response, watched: one whose client takes nothing is ended from outside.
//!
//! HTTP/2 has a window for each stream, and hyper does not poll a body that has no window: the body itself cannot notice that its client
//! stalls. So the connection looks after it, and takes away what it holds; the stream is reset once the client makes room.

use crate::server::sse::EventStream;
use axum::{Error, body::Body as AxumBody};
use futures_util::StreamExt;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// The body of a response. It holds the request's places until it is dropped or ended.
pub struct ResponseBody(Arc<Watched>);

/// A response's body, as its connection's watch sees it.
pub struct Watched(Mutex<State>);

struct State {
    /// What it holds; `None` once it has been ended from outside.
    held: Option<Held>,
    /// When the last piece was handed over, as long as the next was not asked for.
    handed_over: Option<Instant>,
}

struct Held {
    content: Content,
    _places: Box<dyn Send>,
}

/// What a response says.
pub enum Content {
    Body(AxumBody),
    /// An event stream as it is: none of the layers has a part of it.
    Stream(EventStream),
}

impl ResponseBody {
    pub fn new(content: Content, places: impl Send + 'static) -> Self {
        let held = Held { content, _places: Box::new(places) };
        Self(Arc::new(Watched(Mutex::new(State { held: Some(held), handed_over: Some(Instant::now()) }))))
    }

    pub fn watched(&self) -> &Arc<Watched> {
        &self.0
    }
}

impl Watched {
    /// Ends the body if its last piece has waited for that long. The client gets a reset when it takes something again.
    pub fn end_if_stalled(&self, stalled: Duration) {
        let mut state = self.lock();
        let held = match state.handed_over {
            Some(since) if since.elapsed() >= stalled => state.held.take(),
            _ => None,
        };
        drop(state);
        // Dropped here, without the lock: it frees the place of the stream's user.
        if held.is_some() {
            tracing::debug!("a response was ended: its client takes nothing");
        }
    }

    // Nothing panics while it holds the lock, but perhaps a body; it is not polled again then.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut state = self.0.lock();
        state.handed_over = None;
        let Some(held) = &mut state.held else { return Poll::Ready(Some(Err(Error::new("the client took nothing")))) };
        let polled = match &mut held.content {
            Content::Body(body) => Pin::new(body).poll_frame(context),
            Content::Stream(stream) => stream.poll_next_unpin(context).map(|piece| Some(Ok(Frame::data(piece?)))),
        };
        if let Poll::Ready(Some(Ok(_))) = polled {
            state.handed_over = Some(Instant::now());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0.lock().held, Some(Held { content: Content::Body(body), .. }) if body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0.lock().held {
            Some(Held { content: Content::Body(body), .. }) => body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}
