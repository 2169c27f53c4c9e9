//! Resume while the log is trimmed: clients whose connections are cut resume, some at once and some too late. Each receives all that
//! was committed for its user, in order, or one `resync` with the position that it goes on from; never silence.

mod common;

use common::{PATIENCE, Program, Proxy, StreamClient, TestUser, checker, sequence};
use orderwire::server::{
    sse::{CommitNotifier, EventLog},
    store::Store,
};
use sqlx::{Connection, Executor, SqliteConnection};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::timeout};

const CLIENTS: usize = 12;

/// How often each of the two must have happened: a client resumes where it was cut, or gets a `resync`.
const ENOUGH: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_5_a_client_that_resumes_while_the_log_is_trimmed_has_no_gap_without_a_resync() {
    let mut random = fastrand::Rng::with_seed(checker::seed());
    let program = Program::start(&["--history", "300ms", "--max-streams-per-user", "1000"]);
    let proxy = Proxy::start(program.base.clone(), random.fork()).await;
    let store = Store::open(&program.database(), CommitNotifier::default()).await.unwrap();
    let ada = program.user("ada").await;
    let (floor, is_floor) = watch::channel(0);
    let (end, the_end) = watch::channel(None);
    let counts = Arc::new(Counts::default());

    let start = ada.open().await.start;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let user = TestUser { base: proxy.base.clone(), ..ada.clone() };
            let client = Trimmed { user, floor: is_floor.clone(), end: the_end.clone(), random: random.fork(), counts: counts.clone() };
            tokio::spawn(client.read(start.clone()))
        })
        .collect();
    let mut committed = Vec::new();
    while counts.least() < ENOUGH {
        // Between hers, so that her events are not every position.
        program.notify("grace", "not hers").await;
        committed.push(sequence(&program.notify("ada", "hers").await));
        floor.send_replace(store.bounds().await.unwrap().floor);
    }
    end.send_replace(committed.last().copied());
    for client in clients {
        let steps = timeout(PATIENCE, client).await.expect("a client does not reach the end").unwrap();
        no_gap(sequence(&start), &steps, &committed);
    }
}

/// The events and the floor under them go in one transaction: where one of them cannot be written, the other is as it was.
#[tokio::test]
async fn a_trim_that_fails_half_way_trims_nothing() {
    let program = Program::start(&[]);
    for _ in 0..3 {
        program.notify("ada", "t").await;
    }
    let store = Store::open(&program.database(), CommitNotifier::default()).await.unwrap();
    let mut database = SqliteConnection::connect(&program.database()).await.unwrap();
    let failing = [
        "CREATE TRIGGER failing BEFORE UPDATE ON log WHEN NEW.floor > OLD.floor BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER failing AFTER DELETE ON events BEGIN SELECT RAISE(ABORT, 'no'); END",
    ];
    database.execute("UPDATE events SET clock = -1").await.unwrap();
    for trigger in failing {
        database.execute(trigger).await.unwrap();
        assert!(store.trim(Duration::ZERO).await.is_err());
        database.execute("DROP TRIGGER failing").await.unwrap();
        assert_eq!((store.bounds().await.unwrap().floor, store.after(0, None).await.unwrap().events.len()), (0, 3), "{trigger}");
    }
    assert_eq!(store.trim(Duration::ZERO).await.unwrap(), 3);
    assert_eq!(store.bounds().await.unwrap().floor, 3);
}

#[derive(Default)]
struct Counts {
    resumed: AtomicUsize,
    resynced: AtomicUsize,
}

impl Counts {
    fn least(&self) -> usize {
        self.resumed.load(Ordering::SeqCst).min(self.resynced.load(Ordering::SeqCst))
    }
}

/// What a client received, with its sequence.
#[derive(Clone, Copy, Debug)]
enum Step {
    Event(i64),
    Resync(i64),
}

struct Trimmed {
    user: TestUser,
    floor: watch::Receiver<i64>,
    /// The last committed sequence, once all writing has ended.
    end: watch::Receiver<Option<i64>>,
    random: fastrand::Rng,
    counts: Arc<Counts>,
}

impl Trimmed {
    async fn read(mut self, mut last: String) -> Vec<Step> {
        let mut steps = Vec::new();
        while self.end.borrow().is_none_or(|end| sequence(&last) < end) {
            // Away for so long that what it missed is trimmed.
            let late = self.random.u8(0..3) == 0 && self.gone(sequence(&last)).await;
            let Ok(answer) = self.user.try_events(None, Some(&last)).await else { continue };
            assert_eq!(answer.status(), 200);
            let mut stream = StreamClient::new(answer);
            let mut index = 0;
            while let Some(event) = self.next(&mut stream, sequence(&last)).await {
                let step = match event.event.as_str() {
                    "resync" => Some(Step::Resync(sequence(&event.id))),
                    "notification" => Some(Step::Event(sequence(&event.id))),
                    _ => None,
                };
                // The first is `connected`.
                match (index, step) {
                    (1, Some(Step::Resync(_))) => drop(self.counts.resynced.fetch_add(1, Ordering::SeqCst)),
                    (1, _) if late => panic!("{event:?} past a position that is trimmed"),
                    (1, _) => drop(self.counts.resumed.fetch_add(1, Ordering::SeqCst)),
                    _ => {}
                }
                index += 1;
                steps.extend(step);
                // As in a browser, an event without an id does not move the position.
                if !event.id.is_empty() {
                    last = event.id;
                }
            }
        }
        steps
    }

    /// Waits until the position is trimmed; false where the end comes first.
    async fn gone(&mut self, position: i64) -> bool {
        tokio::select! {
            _ = self.floor.wait_for(|floor| *floor > position) => true,
            _ = self.end.wait_for(|end| end.is_some()) => false,
        }
    }

    /// The next event; `None` where the connection is cut, or the end is reached.
    async fn next(&mut self, stream: &mut StreamClient, position: i64) -> Option<common::Event> {
        tokio::select! {
            event = stream.next_or_end() => event,
            _ = self.end.wait_for(|end| end.is_some_and(|end| position >= end)) => None,
        }
    }
}

/// Each event is the next committed one past the event or `resync` before it.
fn no_gap(start: i64, steps: &[Step], committed: &[i64]) {
    let mut position = start;
    for step in steps {
        position = match *step {
            Step::Resync(head) if head > position => head,
            Step::Event(sequence) if committed.iter().find(|next| **next > position) == Some(&sequence) => sequence,
            _ => panic!("{step:?} after {position}"),
        };
    }
}
