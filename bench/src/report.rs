//! The report: tables and plots of what was measured, with what each system lacks and where it is ahead.

use crate::{
    Failure, Measured, machine,
    plan::{EVENTS_A_SECOND, FRAME, MISSED, PUSHERS, Plan},
    plot, profile,
    rounds::Run,
    statistics::Spread,
};
use std::{fs, path::Path};

/// Where there is nothing to say.
const NONE: &str = "–";

/// Writes report.md and its plots.
pub fn write(plan: &Plan, all: &[Measured]) -> Result<(), Failure> {
    let report = Report { plan, all };
    for (file, title, unit, value) in PLOTS {
        fs::write(plan.report.join(file), plot::bars(title, unit, &report.rows(value)))?;
    }
    Ok(fs::write(plan.report.join("report.md"), report.text())?)
}

/// A number of one run; `None` where the system cannot do that.
type Value = fn(&Run) -> Option<f64>;

/// File, title, unit, value.
const PLOTS: [(&str, &str, &str, Value); 4] = [
    ("delivery.svg", "CPU time of a delivery", "microseconds, all processes of the system; the line is the spread of the runs", delivery),
    ("memory.svg", "Memory of an idle stream", "KiB of user space", memory),
    (
        "push.svg",
        "CPU time of a push to one user",
        "microseconds, with the delivery; Orderwire's is in a durable log before it is answered",
        push,
    ),
    ("delay.svg", "Delay of one event to many streams, 99 %", "milliseconds from the push sent to the frame read", late),
];

fn delivery(run: &Run) -> Option<f64> {
    Some(run.fan_out.as_ref()?.cpu)
}

fn open(run: &Run) -> Option<f64> {
    Some(run.fan_out.as_ref()?.open_cpu)
}

fn memory(run: &Run) -> Option<f64> {
    Some(run.fan_out.as_ref()?.idle_kib)
}

fn median(run: &Run) -> Option<f64> {
    Some(run.fan_out.as_ref()?.delay.0)
}

fn late(run: &Run) -> Option<f64> {
    Some(run.fan_out.as_ref()?.delay.1)
}

fn push(run: &Run) -> Option<f64> {
    Some(run.pushes.last()?.cpu)
}

fn storm_cpu(run: &Run) -> Option<f64> {
    Some(run.storm.as_ref()?.cpu)
}

fn storm_seconds(run: &Run) -> Option<f64> {
    Some(run.storm.as_ref()?.seconds)
}

struct Report<'a> {
    plan: &'a Plan,
    all: &'a [Measured],
}

impl Report<'_> {
    fn text(&self) -> String {
        let Plan { streams, users, time, runs, .. } = self.plan;
        let (seconds, half) = (time.as_secs(), self.plan.push_time().as_secs_f64());
        let (few, many) = (PUSHERS[0], PUSHERS[1]);
        let mut sections = vec![
            "# What Orderwire costs, beside others\n\nWritten by `make bench`; [what is measured, and how](README.md). Each number is the median of the \
             runs, and in parentheses the lowest and the highest. Ratios are made within each run first. CPU time is that of all processes of a system, \
             kernel included, by the kernel's own count.".to_owned(),
            format!(
                "## One event to many streams\n\n{streams} streams of one user, {EVENTS_A_SECOND} events a second for {seconds} s, frames of about \
                 {FRAME} bytes, {runs} runs. An event is sent when the one before it is with all, so that a system that cannot keep up sends fewer. \
                 The floor is one send(2) a stream and nothing else. The delay is from the push sent to the frame read.\n\n{}\n\n![CPU time of a delivery](delivery.svg)\n\n\
                 ![Memory of an idle stream](memory.svg)\n\n![Delay](delay.svg)",
                self.fan_out()
            ),
            format!(
                "## Pushes to one user at a time\n\n{users} users with a stream each; {few} and then {many} pushers, each as fast as it is answered, for \
                 {half} s. Orderwire answers when the event is committed to its log, SQLite on this machine's disk unless it says otherwise, with every commit synced; all others \
                 answer from memory. Where the load tool takes nearly a whole core, marked ≥, the system could do more.\n\n{}\n\n\
                 ![CPU time of a push](push.svg)",
                self.pushes()
            ),
            format!(
                "## Streams that come back\n\n{streams} streams open again at once, each with the id of an event that {MISSED} others have followed. Only \
                 those are here that can.\n\n{}",
                self.storm()
            ),
        ];
        sections.extend(flame_graphs(&self.plan.report));
        sections.extend([
            format!(
                "## What they lack, and where they are ahead\n\nThese are not the same thing: a number says what a system costs, this table what one gets \
                 for it.\n\n{}",
                self.differences()
            ),
            format!("## Machine and versions\n\n{}", self.machine()),
        ]);
        sections.join("\n\n") + "\n"
    }

    fn fan_out(&self) -> String {
        let head = [
            "",
            "CPU µs a delivery",
            "÷ floor",
            "÷ Orderwire",
            "KiB an idle stream",
            "CPU µs to open",
            "events a second",
            "p50 ms",
            "p99 ms",
            "lost, repeated",
        ];
        let row = |measured: &Measured| {
            vec![
                self.spread(measured, delivery),
                self.ratio(measured, "floor", delivery),
                self.ratio(measured, "orderwire", delivery),
                self.spread(measured, memory),
                self.spread(measured, open),
                self.spread(measured, |run| Some(run.fan_out.as_ref()?.a_second)),
                self.spread(measured, median),
                self.spread(measured, late),
                faults(measured, |run| run.fan_out.iter().map(|fan_out| fan_out.faults).collect()),
            ]
        };
        self.table(&head, |measured| !measured.system.only_pushes, row)
    }

    fn pushes(&self) -> String {
        let (few, many) = (PUSHERS[0], PUSHERS[1]);
        let (rate, cpu) = (|pushers| format!("a second, {pushers} pushers"), |pushers| format!("CPU µs a push, {pushers} pushers"));
        let (rates, cpus) = ([rate(few), rate(many)], [cpu(few), cpu(many)]);
        let head = ["", &rates[0], &rates[1], &cpus[0], &cpus[1], "÷ Orderwire", "p50 ms", "p99 ms", "lost, repeated"];
        let row = |measured: &Measured| {
            let is_limited =
                |index: usize| measured.runs.iter().any(|run| run.pushes.get(index).is_some_and(|pushes| pushes.tool > TOOL_BUSY));
            let rate = |index, value: Value| format!("{}{}", if is_limited(index) { "≥ " } else { "" }, self.spread(measured, value));
            vec![
                rate(0, |run| Some(run.pushes.first()?.a_second)),
                rate(1, |run| Some(run.pushes.last()?.a_second)),
                self.spread(measured, |run| Some(run.pushes.first()?.cpu)),
                self.spread(measured, push),
                self.ratio(measured, "orderwire", push),
                self.spread(measured, |run| Some(run.pushes.last()?.delay.0)),
                self.spread(measured, |run| Some(run.pushes.last()?.delay.1)),
                faults(measured, |run| run.pushes.iter().map(|pushes| pushes.faults).collect()),
            ]
        };
        self.table(&head, |_| true, row)
    }

    fn storm(&self) -> String {
        let head = ["", "s until all have all", "CPU µs a stream", "÷ Orderwire", "lost, repeated"];
        let row = |measured: &Measured| {
            vec![
                self.spread(measured, storm_seconds),
                self.spread(measured, storm_cpu),
                self.ratio(measured, "orderwire", storm_cpu),
                faults(measured, |run| run.storm.iter().map(|storm| storm.faults).collect()),
            ]
        };
        self.table(&head, |measured| measured.system.resumes && !measured.system.only_pushes, row)
    }

    fn differences(&self) -> String {
        let row = |measured: &Measured| {
            let failure = measured.failure.as_ref().and_then(|failure| failure.lines().next());
            let lacks = measured.system.lacks.to_owned()
                + &failure.map(|failure| format!(" (not measured in full: {failure})")).unwrap_or_default();
            vec![lacks, measured.system.ahead.into()]
        };
        self.table(&["", "lacks", "is ahead"], |_| true, row)
    }

    fn machine(&self) -> String {
        let versions = self.all.iter().map(|measured| format!("{}: {}", measured.system.name, measured.version));
        machine::describe().into_iter().chain(versions).map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
    }

    fn table(&self, head: &[&str], is_here: impl Fn(&Measured) -> bool, row: impl Fn(&Measured) -> Vec<String>) -> String {
        let mut lines = vec![format!("| {} |", head.join(" | ")), format!("|{}", "---|".repeat(head.len()))];
        let here = self.all.iter().filter(|measured| is_here(measured));
        lines.extend(here.map(|measured| format!("| {} | {} |", measured.system.name, row(measured).join(" | "))));
        lines.join("\n")
    }

    fn rows(&self, value: Value) -> Vec<plot::Row<'_>> {
        let row = |measured: &'_ Measured| {
            Spread::of(measured.runs.iter().filter_map(value))
                .map(|spread| (measured.system.name, spread, measured.system.key == "orderwire"))
        };
        self.all.iter().filter_map(row).collect()
    }

    fn spread(&self, measured: &Measured, value: Value) -> String {
        shown(measured.runs.iter().filter_map(value))
    }

    /// To what another system needed in the same run.
    fn ratio(&self, measured: &Measured, to: &str, value: Value) -> String {
        let other = self.all.iter().find(|other| other.system.key == to);
        let pairs = other.into_iter().flat_map(|other| measured.runs.iter().zip(&other.runs));
        shown(pairs.filter_map(|(run, other)| Some(value(run)? / value(other)?)))
    }
}

/// Those that `make bench-profile` has drawn in the report's folder; they are of another run.
fn flame_graphs(folder: &Path) -> Option<String> {
    let drawn = profile::GRAPHS.iter().filter(|(_, file, _)| folder.join(file).is_file());
    let shown: Vec<_> = drawn.map(|(_, file, title)| format!("[![{title}]({file})]({file})")).collect();
    let text = "## Where Orderwire's time goes\n\nDrawn by `make bench-profile` from what perf recorded under the two loads, which is not one of the \
                runs above. A function is as wide as its share of the CPU time, above the function that called it. Opened alone, a graph shows \
                each function's name and share, and zooms into one that is pressed.";
    (!shown.is_empty()).then(|| [&[text.to_owned()], shown.as_slice()].concat().join("\n\n"))
}

/// From this share of a core on, the load tool may be what limits a rate.
const TOOL_BUSY: f64 = 0.85;

fn shown(values: impl Iterator<Item = f64>) -> String {
    Spread::of(values).map_or(NONE.into(), |spread| spread.to_string())
}

/// The sums over all runs.
fn faults(measured: &Measured, of: impl Fn(&Run) -> Vec<crate::client::Faults>) -> String {
    let all: Vec<_> = measured.runs.iter().flat_map(of).collect();
    let misdirected: usize = all.iter().map(|faults| faults.misdirected).sum();
    let mut text =
        format!("{}, {}", all.iter().map(|faults| faults.lost).sum::<usize>(), all.iter().map(|faults| faults.repeated).sum::<usize>());
    if misdirected > 0 {
        text += &format!("; {misdirected} to others");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_shows_the_flame_graphs_that_are_drawn() {
        let folder = std::env::temp_dir().join(format!("orderwire-bench-report-{}", std::process::id()));
        let drawn = |file: &str| fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(file), ""));
        assert_eq!(flame_graphs(&folder), None);
        assert!(drawn("flame-push.svg").is_ok());
        let text = flame_graphs(&folder).unwrap_or_default();
        assert!(text.contains("](flame-push.svg)") && !text.contains("flame-delivery.svg"), "{text}");
        let _ = fs::remove_dir_all(&folder);
    }
}
