//! `make bench`: measures Orderwire beside servers that do the same work or a part of it, and writes the report. `make bench-profile`:
//! [`profile`].
//!
//! Each system is started in turn and gets the same load, one after the other, several times over; what counts are the ratios within a run,
//! since each run has its own state of the machine. Lost and repeated events are counted throughout.

mod client;
mod http;
mod machine;
mod plan;
mod plot;
mod process;
mod profile;
mod report;
mod rounds;
mod statistics;
mod systems;

use client::Faults;
use plan::Plan;
use rounds::{FanOut, Run};
use statistics::digits;
use std::{
    fs,
    io::{Write, stdout},
    process::ExitCode,
};
use systems::{Accounts, System};

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What was measured of a system.
pub struct Measured {
    pub system: &'static System,
    pub version: String,
    /// One of each run, in their order, until the first that failed.
    pub runs: Vec<Run>,
    /// Why there are no more.
    pub failure: Option<String>,
}

fn main() -> ExitCode {
    match Plan::read().and_then(|plan| start(&plan)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
fn start(plan: &Plan) -> Result<bool, Failure> {
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    if limit < plan.files() as u64 {
        return Err(format!("{limit} files may be open, and this needs {}: raise 'ulimit -n', or lower STREAMS", plan.files()).into());
    }
    match plan.is_profile {
        true => profile::run(plan).map(|()| true),
        false => bench(plan),
    }
}

/// Whether everything was measured and Orderwire made no fault.
fn bench(plan: &Plan) -> Result<bool, Failure> {
    let systems = plan.systems.iter().filter_map(|key| System::find(key));
    let mut all = Vec::new();
    for system in systems {
        system.check(plan)?;
        all.push(Measured { system, version: system.version(plan), runs: Vec::new(), failure: None });
    }
    println!("{} streams of one user, {} users with a stream each, {} runs", plan.streams, plan.users, plan.runs);
    print(&format!("Adding {} users to Orderwire and signing them in … ", plan.users));
    let accounts = systems::prepare(plan, all.iter().any(|measured| measured.system.needs_postgres()))?;
    println!("done");
    for number in 1..=plan.runs {
        for measured in all.iter_mut().filter(|measured| measured.failure.is_none()) {
            print(&format!("Run {number} of {}: {} … ", plan.runs, plain(measured.system.name)));
            match run(plan, measured.system, &accounts) {
                Ok(run) => {
                    println!("{}", summary(&run));
                    measured.runs.push(run);
                }
                Err(failure) => {
                    println!("failed\n{failure}\nIt is left out from here on.");
                    measured.failure = Some(failure.to_string());
                }
            }
        }
    }
    fs::create_dir_all(&plan.report)?;
    report::write(plan, &all)?;
    println!("Written: {}", plan.report.join("report.md").display());
    Ok(verdict(&all))
}

fn run(plan: &Plan, system: &System, accounts: &Accounts) -> Result<Run, Failure> {
    let mut running = system.start(plan, accounts)?;
    rounds::run(plan, system, &running).map_err(|failure| running.process.explain(&failure))
}

/// A line of progress that is not ended yet.
pub fn print(text: &str) {
    print!("{text}");
    // Progress that cannot be shown is no reason to stop.
    let _ = stdout().flush();
}

fn summary(run: &Run) -> String {
    let fan_out = run.fan_out.as_ref().map(|FanOut { cpu, idle_kib, delay, .. }| {
        format!("{} µs a delivery, {} KiB a stream, {} ms to the median, ", digits(*cpu), digits(*idle_kib), digits(delay.0))
    });
    let pushes = run.pushes.last().map(|pushes| digits(pushes.a_second)).unwrap_or_default();
    let mut text = format!("{}{pushes} pushes a second", fan_out.unwrap_or_default());
    let faults = run.faults();
    if faults != Faults::default() {
        text += &format!("; {} lost, {} repeated, {} misdirected", faults.lost, faults.repeated, faults.misdirected);
    }
    text
}

/// Says what is wrong, if anything is.
fn verdict(all: &[Measured]) -> bool {
    let failed: Vec<_> = all.iter().filter(|measured| measured.failure.is_some()).map(|measured| plain(measured.system.name)).collect();
    let own = all.iter().filter(|measured| measured.system.is_orderwire()).flat_map(|measured| &measured.runs);
    let faults = own.filter(|run| run.faults() != Faults::default()).count();
    if !failed.is_empty() {
        println!("Not measured in full: {}", failed.join(", "));
    }
    if faults > 0 {
        println!("Orderwire lost, repeated or misdirected events in {faults} runs");
    }
    failed.is_empty() && faults == 0
}

/// A name without Markdown.
pub fn plain(name: &str) -> String {
    name.replace(['*', '`'], "")
}
