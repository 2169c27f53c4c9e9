//! Streams whose sink the hub writes to as well.

use super::*;
use bytes::Bytes;
use std::{
    future::poll_fn,
    sync::{Mutex, atomic::AtomicUsize},
    task::{Context, Poll},
};

/// A sink in memory, which takes of each write as many bytes as `takes` says, of so many.
struct MemorySink {
    takes: Box<dyn Fn(usize) -> usize + Send + Sync>,
    written: Mutex<Vec<u8>>,
    unsent: Mutex<Bytes>,
    /// How often the hub has written, and how often in vain.
    all: AtomicUsize,
    partly: AtomicUsize,
    nothing: AtomicUsize,
}

impl Sink for MemorySink {
    fn frame(&self, pieces: &[Bytes]) -> Bytes {
        pieces.concat().into()
    }

    fn try_write(&self, framed: &Bytes) -> Taken {
        let mut unsent = self.unsent.lock().unwrap();
        let count = if unsent.is_empty() { (self.takes)(framed.len()).min(framed.len()) } else { 0 };
        let (counter, taken) = match count {
            0 => (&self.nothing, Taken::Nothing),
            _ if count < framed.len() => (&self.partly, Taken::Partly),
            _ => (&self.all, Taken::All),
        };
        counter.fetch_add(1, Ordering::SeqCst);
        if count > 0 {
            self.written.lock().unwrap().extend_from_slice(&framed[..count]);
            *unsent = framed.slice(count..);
        }
        taken
    }
}

impl MemorySink {
    fn new(takes: impl Fn(usize) -> usize + Send + Sync + 'static) -> Arc<Self> {
        let (written, unsent) = (Mutex::default(), Mutex::default());
        Arc::new(Self {
            takes: Box::new(takes),
            written,
            unsent,
            all: AtomicUsize::new(0),
            partly: AtomicUsize::new(0),
            nothing: AtomicUsize::new(0),
        })
    }

    /// What the stream's owner does: writes what is left, and then what the stream gives. Ready at the stream's end.
    fn poll_owner(&self, stream: &mut EventStream, context: &mut Context<'_>) -> Poll<()> {
        loop {
            self.write(b"");
            match stream.poll_next_unpin(context) {
                Poll::Ready(Some(piece)) => self.write(&piece),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Behind what is left.
    fn write(&self, piece: &[u8]) {
        let mut unsent = self.unsent.lock().unwrap();
        let mut written = self.written.lock().unwrap();
        written.extend_from_slice(&std::mem::take(&mut *unsent));
        written.extend_from_slice(piece);
    }

    /// The owner has its turn.
    fn run_owner(&self, stream: &mut EventStream) -> bool {
        poll_fn(|context| self.poll_owner(stream, context)).now_or_never().is_some()
    }

    fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }

    /// The ids and types of what was written, but for pings.
    fn events(&self) -> Vec<(String, String)> {
        let text = self.text();
        let field = |block: &str, name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        let events = text.split_terminator("\n\n").map(|block| (field(block, "id: "), field(block, "event: ")));
        events.filter(|(_, kind)| kind != "ping").collect()
    }

    fn counts(&self) -> [usize; 3] {
        [&self.all, &self.partly, &self.nothing].map(|counter| counter.load(Ordering::SeqCst))
    }
}

/// An open stream that waits, with its sink.
async fn waiting(instance: &Instance, sink: &Arc<MemorySink>, request: StreamRequest<TestSession>) -> EventStream {
    let mut stream = EventStream::open(&instance.hub, instance.log.clone(), request).await.unwrap();
    stream.attach(sink.clone());
    assert!(!sink.run_owner(&mut stream));
    stream
}

fn deliver(instance: &Instance, sequence: i64, audience: Audience) {
    let event = LogEvent { sequence, audience, kind: "note".into(), data: "{}".into() };
    instance.hub.deliver(vec![event], sequence).now_or_never().expect("it waits");
}

fn event(id: &str, kind: &str) -> (String, String) {
    (id.into(), kind.into())
}

/// Invariant 3, where the hub and the stream's task write in turns: what the hub cannot write, and pings, are the task's.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invariant_3_whoever_writes_each_event_is_written_once_and_in_order() {
    const EVENTS: usize = 1_000;
    let instance = Instance::start();
    let mut owners = JoinSet::new();
    let sinks: Vec<_> = (0..4).map(|_| MemorySink::new(|length| [length, length, length / 2, 0][fastrand::usize(..4)])).collect();
    for sink in &sinks {
        let request = StreamRequest { keep_alive: Duration::from_millis(1), ..request("ada", None) };
        let (mut stream, sink) = (waiting(&instance, sink, request).await, sink.clone());
        owners.spawn(async move { poll_fn(|context| sink.poll_owner(&mut stream, context)).await });
    }
    let mut expected = vec![event("e0-0", "connected")];
    for _ in 0..EVENTS {
        expected.push((instance.log.append(to("ada")), "note".into()));
        // Batches of one event, and of several.
        if fastrand::bool() {
            instance.caught_up().await;
        }
    }
    let mut counts = [0; 3];
    for sink in &sinks {
        let all_there = async {
            while sink.events().len() < expected.len() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, all_there).await.expect("an event is missing");
        assert_eq!(sink.events(), expected);
        counts.iter_mut().zip(sink.counts()).for_each(|(sum, count)| *sum += count);
    }
    assert!(counts.iter().all(|count| *count > 0), "all, a part and nothing was taken: {counts:?}");
}

#[tokio::test]
async fn a_stream_that_waits_is_written_to_and_its_task_is_not_woken() {
    let instance = Instance::without_tail();
    let sink = MemorySink::new(|length| length);
    let mut stream = waiting(&instance, &sink, request("ada", None)).await;
    for sequence in 1..=3 {
        deliver(&instance, sequence, to("ada"));
        deliver(&instance, sequence, to("grace"));
    }
    assert_eq!(sink.events(), [event("e0-0", "connected"), event("e0-1", "note"), event("e0-2", "note"), event("e0-3", "note")]);
    assert_eq!((sink.counts(), instance.lag("ada")), ([3, 0, 0], Some(0)));
    sink.run_owner(&mut stream);
    assert_eq!(sink.events().len(), 4, "again");
}

/// The rest of what a sink has taken in part goes before all else.
#[tokio::test]
async fn after_a_part_was_taken_the_hub_writes_nothing_before_the_streams_task_has_caught_up() {
    let instance = Instance::without_tail();
    let takes = Arc::new(AtomicUsize::new(5));
    let of_sink = takes.clone();
    let sink = MemorySink::new(move |_| of_sink.load(Ordering::SeqCst));
    let mut stream = waiting(&instance, &sink, request("ada", None)).await;
    deliver(&instance, 1, to("ada"));
    takes.store(usize::MAX, Ordering::SeqCst);
    deliver(&instance, 2, to("ada"));
    assert_eq!(sink.counts(), [0, 1, 0]);
    assert!(!sink.run_owner(&mut stream));
    deliver(&instance, 3, to("ada"));
    assert_eq!(sink.counts(), [1, 1, 0]);
    assert_eq!(sink.events(), [event("e0-0", "connected"), event("e0-1", "note"), event("e0-2", "note"), event("e0-3", "note")]);
}

/// A ping, say: the hub's event would be written in the middle of it.
#[tokio::test]
async fn while_a_piece_of_the_streams_is_on_its_way_the_hub_writes_nothing() {
    let instance = Instance::without_tail();
    let sink = MemorySink::new(|length| length);
    let mut stream = waiting(&instance, &sink, StreamRequest { keep_alive: Duration::from_millis(20), ..request("ada", None) }).await;
    let ping = timeout(PATIENCE, stream.next()).await.expect("no ping").unwrap();
    deliver(&instance, 1, to("ada"));
    assert_eq!(sink.counts(), [0; 3]);
    sink.write(&ping);
    sink.run_owner(&mut stream);
    assert_eq!(sink.events(), [event("e0-0", "connected"), event("e0-1", "note")]);
}

#[tokio::test]
async fn invariant_6_a_session_that_ends_while_a_write_is_pending_is_written_its_rest_and_nothing_more() {
    let instance = Instance::without_tail();
    let sink = MemorySink::new(|length| length / 2);
    let mut stream = waiting(&instance, &sink, request("ada", None)).await;
    deliver(&instance, 1, to("ada"));
    let ended = LogEvent { sequence: 2, audience: Audience::SessionEnded("session".into()), kind: String::new(), data: String::new() };
    let next = LogEvent { sequence: 3, audience: to("ada"), kind: "note".into(), data: "{}".into() };
    // In one batch, and the event before the end.
    instance.hub.deliver(vec![LogEvent { sequence: 2, ..next }, LogEvent { sequence: 3, ..ended }], 3).now_or_never().unwrap();
    assert!(sink.run_owner(&mut stream), "it does not end");
    assert_eq!(sink.events(), [event("e0-0", "connected"), event("e0-1", "note"), event("", "session.ended")]);
}

#[tokio::test]
async fn invariant_6_a_session_that_has_ended_or_expired_is_written_nothing() {
    let instance = Instance::without_tail();
    let sinks = [MemorySink::new(|length| length), MemorySink::new(|length| length)];
    let expires = Instant::now() + Duration::from_millis(20);
    let mut expiring = request("ada", None);
    expiring.session.expires = Some(expires);
    let (mut ended, mut expired) =
        (waiting(&instance, &sinks[0], request("grace", None)).await, waiting(&instance, &sinks[1], expiring).await);
    tokio::time::sleep_until(expires).await;
    let to_all = LogEvent { sequence: 1, audience: Audience::Everyone, kind: "note".into(), data: "{}".into() };
    let end = LogEvent { sequence: 2, audience: Audience::SessionsEnded("grace".into()), ..to_all.clone() };
    instance.hub.deliver(vec![to_all, end], 2).now_or_never().unwrap();
    for (sink, stream) in sinks.iter().zip([&mut ended, &mut expired]) {
        assert!(sink.run_owner(stream));
        assert_eq!(sink.events(), [event("e0-0", "connected"), event("", "session.ended")]);
        assert_eq!(sink.counts(), [0; 3]);
    }
}

/// Where the tail has passed over a part of the log, the stream looks first.
#[tokio::test]
async fn after_a_new_start_of_the_tail_the_hub_writes_nothing_before_the_stream_takes_note() {
    let instance = Instance::without_tail();
    let sink = MemorySink::new(|length| length);
    let mut stream = waiting(&instance, &sink, request("ada", None)).await;
    instance.log.go_back(0);
    instance.hub.restart(&instance.log.now());
    deliver(&instance, 1, to("ada"));
    assert_eq!(sink.counts(), [0; 3]);
    instance.log.append(to("ada"));
    let owner = async {
        while sink.events().len() < 2 {
            sink.run_owner(&mut stream);
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, owner).await.expect("the stream does not go on");
    deliver(&instance, 2, to("ada"));
    assert_eq!(sink.events()[1..], [event("e1-1", "resync"), event("e1-2", "note")]);
    assert_eq!(sink.counts(), [1, 0, 0]);
}
