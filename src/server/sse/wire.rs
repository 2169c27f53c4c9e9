//! The wire format: [`text/event-stream`](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation)
//! (HTML standard, section 9.2, server-sent events).
//!
//! Promises: a parser that follows the standard reads back exactly the id, type and data that were given, as one event, whatever
//! characters are in them. What the format cannot carry is left out (line ends and NUL in an id, line ends in a type); data keeps its
//! line ends, which all come back as LF.

use super::{EventId, ResyncReason};
use bytes::Bytes;
use std::{fmt::Write, time::Duration};

/// An encoded event of the log. All streams that send it share the bytes.
#[derive(Clone, Debug)]
pub struct EncodedEvent {
    pub sequence: i64,
    pub bytes: Bytes,
}

/// An event of the log.
pub fn event(id: &EventId, kind: &str, data: &str) -> EncodedEvent {
    EncodedEvent { sequence: id.sequence, bytes: encode(Some(&id.to_string()), None, kind, data) }
}

/// An event that is not in the log. It bears no id, so that it never moves a reader's position.
pub fn ephemeral(kind: &str, data: &str) -> Bytes {
    encode(None, None, kind, data)
}

/// The first event of a stream: `cursor` is where the stream starts. Where a `resync` follows, that is [`EventId::nowhere`]: a connection
/// that breaks between the two would otherwise resume past what was missed, without a `resync`. `data` is one line of JSON.
pub fn connected(cursor: &EventId, retry: Duration, data: &str) -> Bytes {
    encode(Some(&cursor.to_string()), Some(retry), "connected", data)
}

/// The reader's position cannot be served; it goes on from `head` and should fetch anew what it shows.
pub fn resync(head: &EventId, reason: ResyncReason) -> Bytes {
    encode(Some(&head.to_string()), None, "resync", &format!(r#"{{"reason":"{reason}"}}"#))
}

/// The session has ended; the stream ends after it.
pub fn session_ended() -> Bytes {
    encode(None, None, "session.ended", "{}")
}

/// The keep-alive: a comment for the proxies between, an event for the page, and the position up to which the reader has read.
/// No empty line between the two: some parsers make an event without data of it.
pub fn ping(cursor: &EventId) -> Bytes {
    let event = encode(Some(&cursor.to_string()), None, "ping", "{}");
    [b": keep-alive\n".as_slice(), &event].concat().into()
}

/// Asks the reader to wait that long before it opens a stream again.
pub fn retry(after: Duration) -> Bytes {
    format!("retry: {}\n\n", after.as_millis()).into()
}

fn encode(id: Option<&str>, retry: Option<Duration>, kind: &str, data: &str) -> Bytes {
    let mut text = String::with_capacity(data.len() + kind.len() + 64);
    if let Some(id) = id {
        field(&mut text, "id", &one_line(id).replace('\0', ""));
    }
    if let Some(retry) = retry {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "retry: {}", retry.as_millis());
    }
    field(&mut text, "event", &one_line(kind));
    for line in lines(data) {
        field(&mut text, "data", line);
    }
    text.push('\n');
    text.into()
}

fn field(text: &mut String, name: &str, value: &str) {
    for part in [name, ": ", value, "\n"] {
        text.push_str(part);
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], "")
}

/// The lines of `text`, ended by CRLF, LF or CR, as the standard ends them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else { return rest.take() };
        let ended = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[end + ended..]);
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use eventsource_stream::Eventsource;
    use futures::{StreamExt, executor::block_on, stream};
    use proptest::{collection::vec, prelude::*, sample::Index};
    use sse_stream::{Sse, SseByteStream};
    use std::io;

    /// An event as a reader has it: id, type and data.
    type Read = (String, String, String);

    /// The bytes in the pieces in which a connection may bring them.
    fn split(bytes: &[u8], cuts: &[Index]) -> Vec<io::Result<Bytes>> {
        let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        ends.sort_unstable();
        ends.windows(2).map(|ends| Ok(Bytes::copy_from_slice(&bytes[ends[0]..ends[1]]))).collect()
    }

    fn read_by_eventsource_stream(pieces: Vec<io::Result<Bytes>>) -> Vec<Read> {
        let events = stream::iter(pieces).eventsource().map(Result::unwrap);
        block_on(events.map(|event| (event.id, event.event, event.data)).collect())
    }

    /// This parser leaves it to its user that a block without data is no event, and that one without a type is a message.
    fn read_by_sse_stream(pieces: Vec<io::Result<Bytes>>) -> Vec<Read> {
        let blocks = SseByteStream::new(stream::iter(pieces)).map(Result::unwrap);
        let event = |Sse { id, event, data, .. }: Sse| {
            let kind = event.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "message".into());
            data.map(|data| (id.unwrap_or_default(), kind, data))
        };
        block_on(blocks.filter_map(|block| std::future::ready(event(block))).collect())
    }

    proptest! {
        #[test]
        fn no_field_can_forge_an_event_however_its_bytes_are_split(
            events in vec(("(\\PC|\r|\n|\0){0,20}", "(\\PC|\r|\n|\0){0,20}", "(\\PC|\r|\n|\0|\u{feff}|data: |\n\nid: 9){0,60}"), 1..4),
            cuts in vec(any::<Index>(), 0..40),
        ) {
            let mut bytes = Vec::new();
            let mut sent = Vec::new();
            for (id, kind, data) in events {
                bytes.extend(retry(Duration::from_secs(3)));
                bytes.extend(encode(Some(&id), None, &kind, &data));
                let kind = kind.replace(['\r', '\n'], "");
                let kind = if kind.is_empty() { "message".into() } else { kind };
                sent.push((id.replace(['\r', '\n', '\0'], ""), kind, data.replace("\r\n", "\n").replace('\r', "\n")));
                bytes.extend(ping(&EventId { epoch: "e".into(), sequence: 7 }));
                sent.push(("e-7".into(), "ping".into(), "{}".into()));
            }
            prop_assert_eq!(&read_by_eventsource_stream(split(&bytes, &cuts)), &sent);
            prop_assert_eq!(&read_by_sse_stream(split(&bytes, &cuts)), &sent);
        }
    }

    #[test]
    fn events_are_written_as_the_contract_says() {
        let id = EventId { epoch: "e".into(), sequence: 7 };
        let first = connected(&id, Duration::from_secs(3), r#"{"clientId":"c"}"#);
        assert_eq!(first, "id: e-7\nretry: 3000\nevent: connected\ndata: {\"clientId\":\"c\"}\n\n");
        assert_eq!(ping(&id), ": keep-alive\nid: e-7\nevent: ping\ndata: {}\n\n");
        assert_eq!(
            resync(&id, ResyncReason::OtherEpoch),
            "id: e-7\nevent: resync\ndata: {\"reason\":\"the position is in another log\"}\n\n"
        );
        assert_eq!(session_ended(), "event: session.ended\ndata: {}\n\n");
        assert_eq!(retry(Duration::from_millis(1500)), "retry: 1500\n\n");
    }
}
