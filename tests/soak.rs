//! `make soak`: the checker against the release build, for `SECONDS=600`: half of them one program on SQLite, half of them three instances
//! behind nginx with PostgreSQL and Redis. Prints progress and each fault, then a line for each half; fails if any event was lost, repeated,
//! out of order or another user's. `SEED=…` repeats a run's random choices.

mod common;

use common::checker::{self, Anomalies, FLAGS, FailingCluster, FailingProgram, Plan, Until};
use std::{ops::Range, process::ExitCode, time::Duration};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
    let half = Duration::from_secs(seconds) / 2;
    println!("One program on SQLite");
    let alone = checker::run(plan(half, 1_000..4_000), &mut FailingProgram::start(&FLAGS)).await;
    println!("{alone}");
    println!("Three instances");
    let cluster = checker::run(plan(half, 200..800), &mut FailingCluster::start(&FLAGS).await).await;
    println!("{cluster}");
    let flawless = [alone, cluster].iter().all(|report| report.anomalies == Anomalies::default());
    if flawless { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn plan(time: Duration, cuts_between_faults: Range<usize>) -> Plan {
    Plan {
        seed: checker::seed(),
        customers: 16,
        staff: 2,
        clients_each: 5,
        until: Until::Time(time),
        cuts_between_faults,
        progress_every: Some(Duration::from_secs(10)),
    }
}
