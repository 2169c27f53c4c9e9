//! The core's promises over an in-memory [`EventLog`]: the log, the tail, the hub and the streams together, without a socket.

mod memory_log;
mod sink;
mod stream;
mod tail;

use super::*;
use eventsource_stream::{Event, Eventsource};
use futures::{FutureExt, StreamExt as _, stream::BoxStream};
use memory_log::MemoryLog;
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinSet, time::Instant, time::timeout};
use uuid::Uuid;

/// How long a test waits for what must come: long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// As good as never.
const HOUR: Duration = Duration::from_secs(3_600);

/// A log, and an instance that serves it.
struct Instance {
    log: MemoryLog,
    hub: Hub,
    tasks: JoinSet<()>,
}

impl Instance {
    /// An instance whose tail does not run yet.
    fn without_tail() -> Self {
        let log = MemoryLog::new();
        let hub = Hub::new(&log.now(), Limits { per_user: 100, in_all: 100 }, ());
        Self { log, hub, tasks: JoinSet::new() }
    }

    fn start() -> Self {
        let mut instance = Self::without_tail();
        instance.start_tail();
        instance
    }

    fn start_tail(&mut self) {
        self.tasks.spawn(tail(self.log.clone(), self.hub.clone(), self.log.commits.subscribe()));
    }

    /// Waits until the tail has read the whole log: a stream that opens after that finds in memory only what comes.
    async fn caught_up(&self) {
        let tail = async {
            while self.hub.position() != self.log.now().end() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, tail).await.expect("the tail does not come to the end");
    }

    /// Opens a stream and reads its first event.
    async fn open(&self, request: StreamRequest<TestSession>) -> Reader {
        let mut reader = self.reader(request).await;
        assert_eq!(reader.next().await.event, "connected");
        reader
    }

    async fn reader(&self, request: StreamRequest<TestSession>) -> Reader {
        let stream = EventStream::open(&self.hub, self.log.clone(), request).await.unwrap();
        Reader(stream.map(Ok::<_, Infallible>).eventsource().map(Result::unwrap).boxed())
    }

    /// The lag of the one open stream of that user.
    fn lag(&self, name: &str) -> Option<usize> {
        let connections = self.hub.newest(100);
        let [connection] = &connections.iter().filter(|connection| connection.subscriber == name).collect::<Vec<_>>()[..] else {
            panic!("{connections:?}")
        };
        connection.lag
    }
}

/// What reads a stream, by a parser that is not ours.
struct Reader(BoxStream<'static, Event>);

impl Reader {
    async fn next(&mut self) -> Event {
        self.next_or_end().await.expect("the stream has ended")
    }

    async fn next_or_end(&mut self) -> Option<Event> {
        timeout(PATIENCE, self.0.next()).await.expect("nothing comes")
    }

    /// The next event that is not a ping.
    async fn next_but_pings(&mut self) -> Event {
        let next = async {
            loop {
                let event = self.next().await;
                if event.event != "ping" {
                    return event;
                }
            }
        };
        timeout(PATIENCE, next).await.expect("nothing but pings")
    }

    /// The id and the type of the next event.
    async fn next_id(&mut self) -> (String, String) {
        let event = self.next().await;
        (event.id, event.event)
    }
}

/// A session that the test can end without telling the log.
#[derive(Clone)]
struct TestSession {
    valid: Arc<AtomicBool>,
    expires: Option<Instant>,
}

impl Session for TestSession {
    type Error = Infallible;

    fn handle(&self) -> Arc<str> {
        "session".into()
    }

    fn expires(&self) -> Option<Instant> {
        self.expires
    }

    async fn is_valid(&self) -> Result<bool, Infallible> {
        Ok(self.valid.load(Ordering::SeqCst))
    }
}

fn request(name: &str, after: Option<&str>) -> StreamRequest<TestSession> {
    StreamRequest {
        client: Uuid::new_v4(),
        subscriber: Subscriber { name: name.into(), groups: Vec::new() },
        session: TestSession { valid: Arc::new(AtomicBool::new(true)), expires: None },
        label: "".into(),
        opened_at: String::new(),
        connected: "{}".into(),
        after: after.map(Into::into),
        retry: Duration::from_secs(3),
        keep_alive: HOUR,
    }
}

fn to(name: &str) -> Audience {
    Audience::User(name.into())
}
