//! One `GET /events`: a cursor in the log of one user. *Read past the cursor, send, wait for the notifier*: the same loop is sse delivery,
//! resume after a broken line, and catching up after a slow spell.
//!
//! Promises: the sequence only grows; nothing of the user's is left out and nothing repeated; a cursor that cannot be served gets one
//! `resync`; a reader that does not keep up costs its cursor, not memory, because nothing is read before the last piece was taken.

use super::{
    hub::{AdmissionError, CloseReason, Hub, Subscription, Wake},
    wire::{self, EncodedEvent},
};
use crate::{
    model::{
        error::Error,
        event::{Connected, EventId},
        user::User,
    },
    server::store::{Extent, Page, Store, now},
};
use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use std::{collections::VecDeque, pin::Pin, time::Duration};
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use uuid::Uuid;

/// The headers of the response. No proxy may keep it, change it (compress it, say) or hold it back.
pub const STREAM_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, no-transform")),
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
];

/// How long a stream waits before it asks a database again that did not answer.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// Who opens a stream, and from where.
#[derive(Clone, Debug)]
pub struct Start {
    /// The stream's own name.
    pub client: Uuid,
    pub user: User,
    /// The handle of the session, by which signing out finds the stream.
    pub session: String,
    /// The browser or program that reads, for those who look at who is connected.
    pub browser: String,
    /// When the session expires, and the stream with it.
    pub expires: Instant,
    /// The position to resume from, as the reader wrote it; `None` opens at the head.
    pub after: Option<String>,
    pub retry: Duration,
    pub keep_alive: Duration,
}

/// An open stream.
pub struct Stream {
    subscription: Subscription,
    hub: Hub,
    store: Store,
    user: User,
    cursor: i64,
    /// What is to be sent next.
    ready: VecDeque<Bytes>,
    /// Nothing follows what is ready.
    over: bool,
    expires: Instant,
    keep_alive: Duration,
    /// Rings once a keep-alive, events or not: a page hears only the types that it listens to. And when the session expires.
    timer: Pin<Box<Sleep>>,
    ping_due: bool,
}

impl Stream {
    /// Opens a stream. AdmissionError by the hub's limits; an error where the database does not answer.
    pub async fn open(hub: Hub, store: Store, start: Start) -> Result<Result<Self, AdmissionError>, Error> {
        // The subscription comes first: from here on the feed misses nothing, so nothing is between what is asked below and what is fed.
        let subscription = match hub.open(start.client, &start.user, &start.session, &start.browser) {
            Ok(subscription) => subscription,
            Err(refused) => return Ok(Err(refused)),
        };
        let (cursor, reason) = locate(&store, start.after.as_deref()).await?;
        let mut ready = VecDeque::new();
        let connected = Connected { client_id: start.client.to_string(), timestamp: now() };
        let data = serde_json::json!(connected).to_string();
        subscription.is_at(cursor);
        let from = if reason.is_some() { EventId::nowhere() } else { hub.id(cursor) };
        ready.push_back(wire::connected(&from, start.retry, &data));
        ready.extend(reason.map(|reason| wire::resync(&hub.id(cursor), reason)));
        Ok(Ok(Self {
            subscription,
            hub,
            store,
            user: start.user,
            cursor,
            ready,
            over: false,
            expires: start.expires,
            keep_alive: start.keep_alive,
            timer: Box::pin(sleep_until(start.expires.min(Instant::now() + start.keep_alive))),
            ping_due: false,
        }))
    }

    /// The next piece to send; `None` at the end. Dropping the future between pieces loses nothing.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Before all else: a session that has ended is shown nothing more, however much is ready for it.
            if !self.over
                && let Some(end) = self.ended()
            {
                self.finish(end);
            }
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if self.over {
                return None;
            }
            self.subscription.about_to_look();
            // Read before the feed is: what the feed then lacks up to here does not concern this user.
            let head = self.hub.head();
            match self.subscription.after(self.cursor) {
                Some(frames) if frames.is_empty() => {
                    self.cursor = self.cursor.max(head);
                    if std::mem::take(&mut self.ping_due) {
                        self.ready.push_back(wire::ping(&self.hub.id(self.cursor)));
                        continue;
                    }
                }
                Some(frames) => {
                    self.take(frames);
                    continue;
                }
                None => {
                    self.read_log().await;
                    continue;
                }
            }
            tokio::select! {
                biased;
                wake = self.subscription.wait() => self.woken(wake),
                // Where it is the session's end that rang, that is found first; else one more look, and then the ping.
                () = &mut self.timer => {
                    self.ping_due = true;
                    self.timer.as_mut().reset(self.expires.min(Instant::now() + self.keep_alive));
                }
            }
        }
    }

    fn ended(&mut self) -> Option<CloseReason> {
        if Instant::now() >= self.expires { Some(CloseReason::Session) } else { self.subscription.ended() }
    }

    fn woken(&mut self, wake: Wake) {
        match wake {
            Wake::CloseReason(end) => self.finish(end),
            Wake::Events => {}
            Wake::Passing(wire) if wire.is_empty() => {}
            Wake::Passing(wire) => self.ready.push_back(wire),
        }
    }

    fn take(&mut self, frames: Vec<EncodedEvent>) {
        if let Some(last) = frames.last() {
            self.cursor = last.sequence;
            self.subscription.is_at(self.cursor);
        }
        metrics::counter!("orderwire_frames_sent_total").increment(frames.len() as u64);
        self.ready.extend(frames.into_iter().map(|wire| wire.bytes));
    }

    /// The next page from the log, for a reader whom the memory does not reach.
    async fn read_log(&mut self) {
        match self.store.after(self.cursor, Some(&self.user)).await {
            Ok(Page::Events { events, through }) => {
                let frames = events.iter().map(|event| wire::event(&self.hub.id(event.sequence), &event.kind, &event.data));
                self.take(frames.collect());
                self.cursor = through;
            }
            Ok(Page::Gone { head }) => {
                self.cursor = head;
                self.ready.push_back(wire::resync(&self.hub.id(head), TRIMMED));
            }
            // The store has logged it.
            Err(_) => tokio::select! {
                biased;
                wake = self.subscription.wait() => self.woken(wake),
                () = sleep(DATABASE_PAUSE) => {}
            },
        }
    }

    fn finish(&mut self, end: CloseReason) {
        self.over = true;
        self.ready.clear();
        self.ready.extend(match end {
            CloseReason::Session => Some(wire::session_ended()),
            CloseReason::Stopping(after) => Some(wire::retry(after)),
            CloseReason::Cut => None,
        });
    }
}

const TRIMMED: &str = "events past this position are no longer kept";

/// Where a reader stands who says `after`: there, or at the head; and the reason, if that is not where they asked to be.
/// The log itself decides, not this instance's tail: a page may have been rendered from events that the tail has not seen yet.
async fn locate(store: &Store, after: Option<&str>) -> Result<(i64, Option<&'static str>), Error> {
    let Extent { head, floor } = store.extent().await?;
    let Some(after) = after else { return Ok((head, None)) };
    let reason = match after.parse::<EventId>() {
        Err(_) => "the position cannot be read",
        Ok(id) if id.epoch != **store.epoch() => "the position is in another log",
        Ok(id) if id.sequence > head => "the position is past the end of the log",
        Ok(id) if id.sequence < floor => TRIMMED,
        Ok(id) => return Ok((id.sequence, None)),
    };
    Ok((head, Some(reason)))
}
