//! What holds for any bytes that a stranger may send; one function for each target. `tests/fuzz_corpus.rs` runs the corpus through the
//! same functions.

use eventsource_stream::{Event, Eventsource};
use futures::{StreamExt, executor::block_on, stream};
use orderwire::{
    model::{
        error::{Error, Kind},
        event::{self, DATA_MAX, EventId},
    },
    server::{sse::wire, store::Push},
};

/// As a `Last-Event-ID`: what is read as a position is written as it was, so that each position has one text, and one that streams bear.
pub fn cursor(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(id) = text.parse::<EventId>() {
        assert_eq!(id.to_string(), text);
        is_one_event(&id, "ping", "{}");
    }
}

/// As the body of `POST /api/push`: refused in one line, or one line of JSON that a reader who is not ours reads as one event.
pub fn push_body(bytes: &[u8]) {
    let push = match Push::read(bytes) {
        Ok(push) => push,
        Err(refusal) => {
            let refusal = Error::from(refusal);
            assert!(matches!(refusal.kind, Kind::Malformed | Kind::Invalid | Kind::TooLarge), "{refusal:?}");
            assert!(!refusal.error.is_empty() && !refusal.error.contains(char::is_control), "{refusal:?}");
            return;
        }
    };
    let (kind, data) = push.event();
    assert!(data.len() <= DATA_MAX && !data.contains(['\r', '\n', '\0']), "{data:?}");
    assert!(serde_json::from_str::<serde_json::Value>(data).is_ok(), "{data:?}");
    assert!(event::Event::decode(kind, data).is_ok(), "{kind}: {data:?}");

    is_one_event(&EventId { epoch: "e".into(), sequence: 7 }, kind, data);
}

/// A parser that is not ours reads the frame as what was put into it.
fn is_one_event(id: &EventId, kind: &str, data: &str) {
    let bytes = wire::event(id, kind, data).bytes;
    let events: Vec<_> = block_on(stream::iter([Ok::<_, std::io::Error>(bytes)]).eventsource().map(Result::unwrap).collect());
    assert_eq!(events, [Event { id: id.to_string(), event: kind.into(), data: data.into(), retry: None }]);
}
