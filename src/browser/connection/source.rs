//! An open `EventSource` and the closures that it calls. Nothing else in the browser knows of `text/event-stream`.

use crate::model::event::{CONTROL_EVENTS, Event};
use leptos::prelude::window;
use std::time::Duration;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, EventSource, MessageEvent, RequestInit, Response};

/// Dropped, it is closed and calls no more.
pub struct Source {
    events: EventSource,
    _message: Closure<dyn Fn(MessageEvent)>,
    _broken: Closure<dyn Fn(web_sys::Event)>,
}

impl Source {
    /// Asks for the stream at `address`. `None` where the browser will not even try.
    pub fn open(address: &str, message: impl Fn(MessageEvent) + 'static, broken: impl Fn() + 'static) -> Option<Self> {
        let events = EventSource::new(address).ok()?;
        let message = Closure::<dyn Fn(MessageEvent)>::new(message);
        for kind in CONTROL_EVENTS.into_iter().chain(Event::TYPES) {
            let _ = events.add_event_listener_with_callback(kind, message.as_ref().unchecked_ref());
        }
        let broken = Closure::<dyn Fn(web_sys::Event)>::new(move |_| broken());
        events.set_onerror(Some(broken.as_ref().unchecked_ref()));
        Some(Self { events, _message: message, _broken: broken })
    }

    /// Whether an answer came that is no stream; else nothing answered, or the stream broke.
    pub fn refused(&self) -> bool {
        self.events.ready_state() == EventSource::CLOSED
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.events.set_onerror(None);
        self.events.close();
    }
}

/// The status with which the stream is refused, and its `retry-after`: an `EventSource` tells neither. `None` where nothing answers.
/// Should it be a stream by now, it is dropped at once.
pub async fn refusal(address: &str) -> Option<(u16, Duration)> {
    let abort = AbortController::new().ok()?;
    let options = RequestInit::new();
    options.set_signal(Some(&abort.signal()));
    let asked = window().fetch_with_str_and_init(address, &options);
    let answer: Response = JsFuture::from(asked).await.ok()?.dyn_into().ok()?;
    let seconds = answer.headers().get("retry-after").ok().flatten().and_then(|after| after.parse::<u32>().ok());
    abort.abort();
    Some((answer.status(), Duration::from_secs(seconds.unwrap_or(0).into())))
}
