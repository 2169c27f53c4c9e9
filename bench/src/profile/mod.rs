//! `make bench-profile`: where Orderwire's CPU time goes. perf records the running program under two loads of the benchmark, and a flame graph
//! is drawn of each: [`GRAPHS`], in the report's folder. It measures nothing.

mod flame;
mod perf;

use crate::{
    Failure,
    plan::Plan,
    print, rounds,
    rounds::Load,
    systems::{self, System},
};
use perf::Recording;
use std::fs;

/// A load, the file of its flame graph, and what both show.
pub const GRAPHS: [(Load, &str, &str); 2] = [
    (Load::FanOut, "flame-delivery.svg", "Orderwire: one event to many streams"),
    (Load::Pushes, "flame-push.svg", "Orderwire: pushes to one user at a time"),
];

/// Records and draws all.
pub fn run(plan: &Plan) -> Result<(), Failure> {
    let system = System::find("orderwire").ok_or("there is no orderwire")?;
    system.check(plan)?;
    fs::create_dir_all(&plan.work)?;
    perf::check(&plan.work)?;
    print(&format!("Adding {} users to Orderwire and signing them in … ", plan.users));
    let accounts = systems::prepare(plan, false)?;
    println!("done");
    fs::create_dir_all(&plan.report)?;
    for (load, file, title) in GRAPHS {
        print(&format!("{title} … "));
        let mut running = system.start(plan, &accounts)?;
        let begin = || Recording::begin(running.process.id(), running.folder());
        let recorded = rounds::keep_up(plan, &running, load, begin, Recording::end);
        let stacks = recorded.map_err(|failure| running.process.explain(&failure))?;
        let path = plan.report.join(file);
        let time = flame::draw(title, &stacks, &path)?;
        println!("{:.1} s of CPU time; written: {}", time.as_secs_f64(), path.display());
    }
    Ok(())
}
