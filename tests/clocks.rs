//! Clocks that jump: a host whose clock is ahead, and one whose clock was ahead for a while and is right again (libfaketime).

mod common;

use common::{PATIENCE, Program, Service, faketime};
use orderwire::server::{
    sse::{CommitNotifier, EventLog},
    store::Store,
};
use tokio::time::timeout;

/// Whether the tests here can run; says so where they cannot.
fn has_faketime() -> bool {
    if faketime().is_none() {
        println!("passed over: clocks that jump; libfaketime is not installed (tools/setup cluster)");
    }
    faketime().is_some()
}

async fn notify(program: &Program, count: usize) {
    for _ in 0..count {
        program.notify("ada", "t").await;
    }
}

/// Waits until the log has been trimmed once more; returns what is left: the floor and the number of events.
async fn after_a_trim(program: &Program, store: &Store) -> (i64, usize) {
    let runs = async { while housekeeping_runs(program).await == 0 {} };
    timeout(PATIENCE, runs).await.expect("the log is never trimmed");
    (store.bounds().await.unwrap().floor, store.after(0, None).await.unwrap().events.len())
}

/// How often the program has looked for what it may trim.
async fn housekeeping_runs(program: &Program) -> usize {
    let metrics = reqwest::get(format!("{}/metrics", program.base)).await.unwrap().text().await.unwrap();
    metrics.lines().find_map(|line| line.strip_prefix("orderwire_housekeeping_runs_total ")).map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn one_host_a_week_ahead_trims_nobodys_history() {
    if !has_faketime() {
        return;
    }
    let database = Service::postgres().await;
    let a = Program::start_on(&database.url(), &["--history", "1d"]);
    notify(&a, 3).await;
    let b = Program::start_ahead("+7d", &database.url(), &["--history", "1d"]);
    notify(&b, 3).await;
    let store = Store::open(&database.url(), CommitNotifier::default()).await.unwrap();
    assert_eq!(after_a_trim(&b, &store).await, (0, 6));
}

/// SQLite's clock is the host's own.
#[tokio::test]
async fn a_clock_that_jumps_a_month_ahead_trims_nobodys_history() {
    if !has_faketime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/orderwire.db", folder.path().display());
    let right = Program::start_on(&database, &["--history", "1d"]);
    notify(&right, 3).await;
    drop(right);
    let ahead = Program::start_ahead("+30d", &database, &["--history", "1d"]);
    let store = Store::open(&database, CommitNotifier::default()).await.unwrap();
    assert_eq!(after_a_trim(&ahead, &store).await, (0, 3));
}

#[tokio::test]
async fn what_was_written_while_the_clock_was_a_month_ahead_is_trimmed_in_its_time() {
    if !has_faketime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/orderwire.db", folder.path().display());
    let ahead = Program::start_ahead("+30d", &database, &[]);
    notify(&ahead, 3).await;
    drop(ahead);
    let _right = Program::start_on(&database, &["--history", "300ms"]);
    let store = Store::open(&database, CommitNotifier::default()).await.unwrap();
    let trimmed = async { while store.bounds().await.unwrap().floor < 3 {} };
    timeout(PATIENCE, trimmed).await.expect("the events of that month are never trimmed");
}
