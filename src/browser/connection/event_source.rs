//! An open `EventSource` and the function that it calls. Nothing else in the browser knows of `text/event-stream`.

use super::input::Input;
use crate::{
    browser::json,
    model::event::{self, CONTROL_EVENTS, Event},
};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, EventSource, MessageEvent, RequestInit, Response};

/// Dropped, it is closed and calls no more.
pub struct EventStream {
    source: EventSource,
    _received: Closure<dyn Fn(web_sys::Event)>,
}

impl EventStream {
    /// Asks for the stream at `address`. Its inputs bear `generation`. `None` where the browser will not even try.
    pub fn open(address: &str, generation: u32, dispatch: impl Fn(Input) + 'static) -> Option<Self> {
        let source = EventSource::new(address).ok()?;
        let received = Closure::<dyn Fn(web_sys::Event)>::new({
            let source = source.clone();
            move |event: web_sys::Event| {
                dispatch(match event.dyn_ref() {
                    Some(message) => said(generation, message),
                    None => Input::Failed { generation, refused: source.ready_state() == EventSource::CLOSED },
                });
            }
        });
        let function = received.as_ref().unchecked_ref();
        for kind in CONTROL_EVENTS.into_iter().chain(Event::TYPES) {
            let _ = source.add_event_listener_with_callback(kind, function);
        }
        source.set_onerror(Some(function));
        Some(Self { source, _received: received })
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.source.set_onerror(None);
        self.source.close();
    }
}

fn said(generation: u32, message: &MessageEvent) -> Input {
    let (id, kind, data) = (message.last_event_id(), message.type_(), message.data().as_string().unwrap_or_default());
    if kind != event::CONNECTED {
        return Input::Said { generation, id, kind, data };
    }
    let opened = json::read_text(&data, "timestamp").unwrap_or_default();
    let opened_ms = Some(js_sys::Date::parse(&opened)).filter(|ms| ms.is_finite()).map(|ms| ms as i64);
    Input::Connected { generation, id, data, opened, opened_ms }
}

/// The status with which the stream is refused, and the milliseconds of its `retry-after`: an `EventSource` tells neither. `None` where
/// nothing answers. Should it be a stream by now, it is dropped at once.
pub async fn refusal(address: &str) -> (Option<u16>, u64) {
    match ask(address).await {
        Some(answer) => {
            let seconds = answer.headers().get("retry-after").ok().flatten().and_then(|after| after.parse::<u32>().ok());
            (Some(answer.status()), u64::from(seconds.unwrap_or(0)) * 1_000)
        }
        None => (None, 0),
    }
}

/// An answer without its body.
async fn ask(address: &str) -> Option<Response> {
    let abort = AbortController::new().ok()?;
    let options = RequestInit::new();
    options.set_signal(Some(&abort.signal()));
    let asked = window().fetch_with_str_and_init(address, &options);
    let answer = JsFuture::from(asked).await.ok()?.dyn_into().ok()?;
    abort.abort();
    Some(answer)
}
