//! `make soak`: the checker against the release build, for `SECONDS=600`. Prints progress, then one line; fails if any event was lost,
//! repeated, out of order or another user's. `SEED=…` repeats a run's random choices.

mod common;

use common::{
    Program,
    checker::{self, Anomalies, Plan, Until},
};
use std::{process::ExitCode, time::Duration};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
    let plan = Plan {
        seed: checker::seed(),
        customers: 16,
        staff: 2,
        clients_each: 5,
        until: Until::Time(Duration::from_secs(seconds)),
        cuts_between_faults: 1_000..8_000,
        progress_every: Some(Duration::from_secs(10)),
    };
    let report = checker::run(plan, &mut Program::start(&checker::FLAGS)).await;
    println!("{report}");
    if report.anomalies == Anomalies::default() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
