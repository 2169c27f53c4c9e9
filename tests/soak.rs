//! `make soak`: the checker for as long as one likes (`SECONDS=600`), against the release build; says how it goes, and ends with one line
//! and, where anything was lost, repeated, out of order or another's, with an error. `SEED=…` replays a run's dice.

mod common;

use common::{
    Program,
    checker::{self, Faults, Lasts, Plan},
};
use std::{process::ExitCode, time::Duration};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
    let plan = Plan {
        seed: checker::seed(),
        customers: 16,
        staff: 2,
        readers_each: 5,
        lasts: Lasts::Time(Duration::from_secs(seconds)),
        between_falls: 1_000..8_000,
        say_every: Some(Duration::from_secs(10)),
    };
    let report = checker::run(plan, &mut Program::start(&checker::FLAGS)).await;
    println!("{report}");
    if report.faults == Faults::default() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
