//! A reader as an `EventSource` is one: it opens again past the last id for as long as the run lasts, wherever its line was cut.

use super::{
    super::{Person, Reader, sequence},
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

/// How far a reader has come.
pub type Position = watch::Receiver<i64>;

pub struct Reading {
    /// On a bad line.
    pub person: Person,
    /// On a good one: a page may be larger than any bad line bears.
    pub page: Person,
    pub position: watch::Sender<i64>,
    /// Whether the program runs.
    pub up: watch::Receiver<bool>,
    /// Whether it may answer that it cannot now.
    pub may_refuse: bool,
    /// The log's last sequence, once nothing more is written.
    pub end: watch::Receiver<i64>,
    pub random: fastrand::Rng,
    pub count: Arc<AtomicUsize>,
}

impl Reading {
    /// Reads until the position is the end's; where that began, and all that came since.
    pub async fn read_to_the_end(mut self) -> (i64, Vec<Seen>) {
        let mut last = self.start().await;
        let start = sequence(&last);
        let mut seen = Vec::new();
        while *self.position.borrow() < *self.end.borrow() {
            self.up.wait_for(|up| *up).await.unwrap();
            let (after, header) = if self.random.bool() { (Some(&*last), None) } else { (None, Some(&*last)) };
            // Cut before its head was whole.
            let Ok(answer) = self.person.try_events(after, header).await else { continue };
            if self.may_refuse && answer.status().is_server_error() {
                sleep(PAUSE).await;
                continue;
            }
            assert_eq!(answer.status(), StatusCode::OK);
            let mut reader = Reader::new(answer);
            while let Some(event) = self.next(&mut reader).await {
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

    /// The position of the page that the reader belongs to.
    async fn start(&mut self) -> String {
        loop {
            self.up.wait_for(|up| *up).await.unwrap();
            // Refused, perhaps: then the page is asked for again.
            if let Ok((StatusCode::OK, page)) = self.page.try_snapshot().await
                && let Some(cursor) = page["cursor"].as_str()
            {
                return cursor.to_owned();
            }
        }
    }

    /// The next event; `None` where the line is cut, or the end is reached.
    async fn next(&mut self, reader: &mut Reader) -> Option<super::super::Event> {
        let at = *self.position.borrow();
        tokio::select! {
            event = reader.next_or_end() => event,
            _ = self.end.wait_for(|end| at >= *end) => None,
        }
    }
}
