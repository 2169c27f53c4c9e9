//! The log tail.

use super::*;
use std::{
    io::{self, Write},
    sync::Mutex,
};
use tracing_subscriber::fmt::MakeWriter;

/// Invariant 2: nobody is notified of this commit.
#[tokio::test]
async fn invariant_2_a_lost_notification_costs_a_moment_never_an_event() {
    let mut instance = Instance::without_tail();
    instance.tasks.spawn(tail(instance.log.clone(), instance.hub.clone(), CommitNotifier::default().subscribe()));
    let mut reader = instance.open(request("ada", None)).await;
    for _ in 0..2 {
        let id = instance.log.append(to("ada"));
        assert_eq!(reader.next_id().await.0, id);
    }
}

#[tokio::test]
async fn an_outage_of_the_log_is_logged_once_and_its_end_once() {
    // With a single subscriber, `tracing` lets the thread that first comes to a log line decide whether it is wanted, and other tests' threads
    // have none.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let output = Output::default();
    let subscriber = tracing_subscriber::fmt().with_writer(output.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let instance = Instance::start();
    let mut reader = instance.open(request("ada", None)).await;
    instance.log.fail(true);
    instance.log.append(to("ada"));
    instance.log.failed(3).await;
    instance.log.fail(false);
    reader.next().await;
    let output = output.text();
    let count = |text| output.matches(text).count();
    assert_eq!((count("cannot be read"), count("can be read again"), output.lines().count()), (1, 1, 2), "{output}");
}

/// However many events it reads at once.
#[tokio::test]
async fn how_far_the_tail_is_behind_is_counted_to_the_head() {
    #[derive(Clone, Default)]
    struct Behind(Arc<Mutex<Vec<u64>>>);

    impl Metrics for Behind {
        fn tail_read(&self, _: Cause, behind: u64, _: Duration) {
            self.0.lock().unwrap().push(behind);
        }
    }

    let (mut instance, behind) = (Instance::without_tail(), Behind::default());
    instance.hub = Hub::new(&instance.log.now(), Limits { per_user: 100, in_all: 100 }, behind.clone());
    for _ in 0..25 {
        instance.log.append(to("ada"));
    }
    instance.start_tail();
    instance.caught_up().await;
    assert_eq!(behind.0.lock().unwrap()[..2], [25, 15], "of a log whose pages have ten");
}

/// Where this thread's log goes.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Output {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
