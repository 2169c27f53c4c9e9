//! A client that reads a stream, event by event.

use super::PATIENCE;
use eventsource_stream::Eventsource;
use futures::{Stream, StreamExt, stream::BoxStream};
use reqwest::Response;
use serde_json::Value;

pub use eventsource_stream::Event;

/// Reads a stream with an independent parser.
pub struct StreamClient {
    events: BoxStream<'static, Event>,
    /// The id of `connected`.
    pub start: String,
}

impl StreamClient {
    pub fn new(answer: Response) -> Self {
        Self::over(answer.bytes_stream())
    }

    /// A stream that breaks has ended, as it has for a browser.
    pub fn over(bytes: impl Stream<Item = reqwest::Result<impl AsRef<[u8]> + Send + 'static>> + Send + 'static) -> Self {
        let events = bytes.eventsource().take_while(|event| std::future::ready(event.is_ok())).map(Result::unwrap);
        Self { events: events.boxed(), start: String::new() }
    }

    /// The next event. Fails the test if none comes.
    pub async fn next(&mut self) -> Event {
        self.next_or_end().await.expect("the stream ended")
    }

    /// The next event, or the stream's end.
    pub async fn next_or_end(&mut self) -> Option<Event> {
        tokio::time::timeout(PATIENCE, self.events.next()).await.expect("nothing came")
    }

    /// The next event that is neither `ping` nor `streams`.
    pub async fn next_logged(&mut self) -> Event {
        loop {
            let event = self.next().await;
            if !["ping", "streams"].contains(&event.event.as_str()) {
                return event;
            }
        }
    }
}

/// The data of an event.
pub fn data(event: &Event) -> Value {
    serde_json::from_str(&event.data).unwrap()
}

/// The sequence in an event's id.
pub fn sequence(id: &str) -> i64 {
    id.split_once('-').unwrap().1.parse().unwrap()
}
