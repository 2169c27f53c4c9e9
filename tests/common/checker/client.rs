//! A client that resumes as an `EventSource` does: wherever its connection is cut, it opens a new stream past the last id.

use super::{
    super::{Event, StreamClient, TestUser, sequence},
    verdict::{Seen, digest},
};
use reqwest::StatusCode;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

/// The pause of a client that was refused, before it asks again.
pub const PAUSE: Duration = Duration::from_millis(50);

/// The last sequence that a client has read.
pub type Position = watch::Receiver<i64>;

pub struct ResumingClient {
    /// Through the proxy that cuts.
    pub user: TestUser,
    /// Past the proxy: a snapshot can be larger than what passes before a cut.
    pub direct: TestUser,
    pub position: watch::Sender<i64>,
    /// Whether the program runs.
    pub up: watch::Receiver<bool>,
    /// Whether a 5xx is an answer to expect.
    pub may_refuse: bool,
    /// The log's last sequence, once all writing has ended.
    pub end: watch::Receiver<i64>,
    pub random: fastrand::Rng,
    pub count: Arc<AtomicUsize>,
}

impl ResumingClient {
    /// Reads until its position is the log's end. Returns the sequence that it started from, and every event since.
    pub async fn read_to_the_end(mut self) -> (i64, Vec<Seen>) {
        let mut last = self.start().await;
        let start = sequence(&last);
        let mut seen = Vec::new();
        while *self.position.borrow() < *self.end.borrow() {
            self.up.wait_for(|up| *up).await.unwrap();
            let (after, header) = if self.random.bool() { (Some(&*last), None) } else { (None, Some(&*last)) };
            // Cut before the response's head was complete.
            let Ok(answer) = self.user.try_events(after, header).await else { continue };
            if self.may_refuse && answer.status().is_server_error() {
                sleep(PAUSE).await;
                continue;
            }
            assert_eq!(answer.status(), StatusCode::OK);
            let mut stream = StreamClient::new(answer);
            while let Some(event) = self.next(&mut stream).await {
                assert_ne!(event.event, "resync", "nothing was trimmed: {}", event.data);
                if !["connected", "ping", "streams"].contains(&event.event.as_str()) {
                    seen.push((sequence(&event.id), digest(&event.event, &event.data)));
                    self.count.fetch_add(1, Ordering::Relaxed);
                }
                self.position.send_replace(sequence(&event.id));
                last = event.id;
            }
        }
        (start, seen)
    }

    /// The cursor of a snapshot.
    async fn start(&mut self) -> String {
        loop {
            self.up.wait_for(|up| *up).await.unwrap();
            // It may be refused; then it asks again.
            if let Ok((StatusCode::OK, snapshot)) = self.direct.try_snapshot().await
                && let Some(cursor) = snapshot["cursor"].as_str()
            {
                return cursor.to_owned();
            }
        }
    }

    /// The next event; `None` where the connection is cut, or the log's end is reached.
    async fn next(&mut self, stream: &mut StreamClient) -> Option<Event> {
        let at = *self.position.borrow();
        tokio::select! {
            event = stream.next_or_end() => event,
            _ = self.end.wait_for(|end| at >= *end) => None,
        }
    }
}
