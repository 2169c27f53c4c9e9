//! Trimming and resuming at once: while old events go, readers whose lines are cut come back, some at once and some too late. Each sees
//! all that was committed for it, in order, or one `resync` that says from where it goes on; never silence.

mod common;

use common::{PATIENCE, Person, Program, Proxy, Reader, checker, sequence};
use orderwire::server::{
    sse::{CommitNotifier, EventLog},
    store::Store,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{sync::watch, time::timeout};

const READERS: usize = 12;

/// How often that has to happen before it has been enough: a reader goes on where its line was cut, or is told that it cannot.
const ENOUGH: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_while_the_log_is_trimmed_has_no_gap_without_a_resync() {
    let mut random = fastrand::Rng::with_seed(checker::seed());
    let program = Program::start(&["--history", "300ms", "--max-streams-per-user", "1000"]);
    let proxy = Proxy::start(program.base.clone(), random.fork()).await;
    let store = Store::open(&program.database(), CommitNotifier::default()).await.unwrap();
    let ada = program.person("ada").await;
    let (floor, is_floor) = watch::channel(0);
    let (end, the_end) = watch::channel(None);
    let counts = Arc::new(Counts::default());

    let start = ada.open().await.start;
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let person = Person { base: proxy.base.clone(), ..ada.clone() };
            let reader = Trimmed { person, floor: is_floor.clone(), end: the_end.clone(), random: random.fork(), counts: counts.clone() };
            tokio::spawn(reader.read(start.clone()))
        })
        .collect();
    let mut committed = Vec::new();
    while counts.least() < ENOUGH {
        // Between Ada's, so that positions are not her events' alone.
        program.notify("grace", "not hers").await;
        committed.push(sequence(&program.notify("ada", "hers").await));
        floor.send_replace(store.bounds().await.unwrap().floor);
    }
    end.send_replace(committed.last().copied());
    for reader in readers {
        let steps = timeout(PATIENCE, reader).await.expect("a reader does not come to the end").unwrap();
        no_gap(sequence(&start), &steps, &committed);
    }
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

/// What a reader was told, with the id that it bore.
#[derive(Clone, Copy, Debug)]
enum Step {
    Event(i64),
    Resync(i64),
}

struct Trimmed {
    person: Person,
    floor: watch::Receiver<i64>,
    /// The last that was committed, once nothing more will be.
    end: watch::Receiver<Option<i64>>,
    random: fastrand::Rng,
    counts: Arc<Counts>,
}

impl Trimmed {
    async fn read(mut self, mut last: String) -> Vec<Step> {
        let mut steps = Vec::new();
        while self.end.borrow().is_none_or(|end| sequence(&last) < end) {
            // Away for so long that what it missed is gone.
            let late = self.random.u8(0..3) == 0 && self.gone(sequence(&last)).await;
            let Ok(answer) = self.person.try_events(None, Some(&last)).await else { continue };
            assert_eq!(answer.status(), 200);
            let mut reader = Reader::new(answer);
            let mut place = 0;
            while let Some(event) = self.next(&mut reader, sequence(&last)).await {
                let told = match event.event.as_str() {
                    "resync" => Some(Step::Resync(sequence(&event.id))),
                    "notification" => Some(Step::Event(sequence(&event.id))),
                    _ => None,
                };
                // The first is `connected`.
                match (place, told) {
                    (1, Some(Step::Resync(_))) => drop(self.counts.resynced.fetch_add(1, Ordering::SeqCst)),
                    (1, _) if late => panic!("{event:?} to a position that is gone"),
                    (1, _) => drop(self.counts.resumed.fetch_add(1, Ordering::SeqCst)),
                    _ => {}
                }
                place += 1;
                steps.extend(told);
                // As a browser does: what bears no id leaves the position where it was.
                if !event.id.is_empty() {
                    last = event.id;
                }
            }
        }
        steps
    }

    /// Waits until the position is older than what is kept; false where the end comes first.
    async fn gone(&mut self, position: i64) -> bool {
        tokio::select! {
            _ = self.floor.wait_for(|floor| *floor > position) => true,
            _ = self.end.wait_for(|end| end.is_some()) => false,
        }
    }

    /// The next event; `None` where the line is cut, or the end is reached.
    async fn next(&mut self, reader: &mut Reader, position: i64) -> Option<common::Event> {
        tokio::select! {
            event = reader.next_or_end() => event,
            _ = self.end.wait_for(|end| end.is_some_and(|end| position >= end)) => None,
        }
    }
}

/// Each event is the next that was committed past the one before it, or past where a `resync` has put the reader.
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
