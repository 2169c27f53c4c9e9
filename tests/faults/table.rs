//! The table of windows in `docs/reliability.md`: each window says its row, and it must be there.

use crate::{
    window::{Window, is_done},
    work::Outcome,
};
use std::{
    fs,
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

const DOCUMENT: &str = "docs/reliability.md";

/// Where the table's rows begin.
const HEAD: &str = "| fault | database | how | while it lasted | slowest answer | well again after |\n|---|---|---|---|---|---|\n";

pub struct Row {
    /// What is the same each time.
    name: String,
    measured: String,
}

impl Row {
    pub fn of(window: &Window, outcomes: &[Outcome], lasted: Range<Instant>, well_after: Duration) -> Self {
        let within = outcomes.iter().filter(|outcome| lasted.contains(&outcome.began));
        let (done, refused): (Vec<_>, Vec<_>) = within.partition(|outcome| is_done(outcome));
        let slowest = outcomes.iter().map(|outcome| outcome.took).max().unwrap_or_default();
        let name = format!("| {} | {} | {} |", window.fault, window.database, window.how);
        let (done, refused) = (done.len(), refused.len());
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let measured = format!(" {done} done, {refused} refused | {} | {} |", seconds(slowest), seconds(well_after));
        println!("{name}{measured}");
        Self { name, measured }
    }
}

/// Writes the row into the document where the environment asks for it, and else looks that it is there. Figures differ from run to run.
pub fn write(row: Row) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let text = fs::read_to_string(&path).unwrap();
    let (before, table) = text.split_once(HEAD).expect("the table is not there");
    if std::env::var("RELIABILITY").as_deref() != Ok("write") {
        assert!(table.lines().any(|line| line.starts_with(&row.name)), "{DOCUMENT} lacks the row {}", row.name);
        return;
    }
    let (rows, after): (Vec<_>, Vec<_>) = table.lines().partition(|line| line.starts_with("| "));
    let mut rows: Vec<_> = rows.into_iter().filter(|line| !line.starts_with(&row.name)).map(str::to_owned).collect();
    rows.push(format!("{}{}", row.name, row.measured));
    rows.sort();
    fs::write(path, format!("{before}{HEAD}{}\n{}\n", rows.join("\n"), after.join("\n").trim_end())).unwrap();
}
