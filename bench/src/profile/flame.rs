//! A flame graph as SVG: a function is as wide as its share of the CPU time, above the function that called it.

use crate::Failure;
use inferno::flamegraph::{
    self, Options, Palette,
    color::{BackgroundColor, MultiPalette},
};
use std::{fs, path::Path, time::Duration};

/// Functions with a smaller share of the time, in percent, are left out: they could not be read, and the file would be too large to
/// look at in a page.
const SHARE_MIN: f64 = 0.3;

/// Milliseconds in a nanosecond.
const MILLISECONDS: f64 = 1e-6;

/// Draws stacks (as `Recording::end` returns them) into the file; returns the CPU time that they have together.
pub fn draw(title: &str, stacks: &str, file: &Path) -> Result<Duration, Failure> {
    let time = stacks.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
    if time == 0 {
        return Err("perf took no sample: the load was too short".into());
    }
    let mut options = Options::default();
    options.title = title.into();
    options.subtitle = Some("CPU time. Orange: the kernel; yellow: Rust; red: C (SQLite, the C library); at the bottom: the thread".into());
    (options.count_name, options.factor) = ("ms".into(), MILLISECONDS);
    options.min_width = SHARE_MIN;
    // Those of inferno that tell the kernel's functions, compiled ones with `::` in their names, and all others apart.
    options.colors = Palette::Multi(MultiPalette::Perl);
    options.bgcolors = Some(BackgroundColor::Grey);
    // The same function has the same shade in each drawing.
    options.deterministic = true;
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, stacks.lines(), &mut svg)?;
    svg.push(b'\n');
    fs::write(file, svg).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(Duration::from_nanos(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(name: &str, stacks: &str) -> (Result<Duration, Failure>, String) {
        let file = std::env::temp_dir().join(format!("orderwire-bench-{name}-{}.svg", std::process::id()));
        let time = draw("A title", stacks, &file);
        let svg = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(&file);
        (time, svg)
    }

    #[test]
    fn a_function_is_as_wide_as_its_share_and_narrow_ones_are_left_out() {
        let stacks = "worker;orderwire::run 749000000\nworker;orderwire::run;tcp_sendmsg_[k] 250000000\nworker;rare 1000000\n";
        let (time, svg) = drawn("shares", stacks);
        assert_eq!(time.ok(), Some(Duration::from_secs(1)));
        assert!(svg.contains("A title") && svg.contains("<title>orderwire::run (999 ms, 99.90%)</title>"), "{svg}");
        assert!(svg.contains("<title>tcp_sendmsg (250 ms, 25.00%)</title>") && !svg.contains("rare"), "{svg}");
    }

    #[test]
    fn the_same_stacks_are_the_same_drawing() {
        let stacks = "worker;one::a 3\nworker;two::b 2\nworker;three_[k] 1\n";
        assert_eq!(drawn("first", stacks).1, drawn("second", stacks).1);
    }

    #[test]
    fn no_sample_is_a_failure_and_no_drawing() {
        let (time, svg) = drawn("nothing", "");
        assert!(time.is_err_and(|failure| failure.to_string().contains("too short")) && svg.is_empty());
    }
}
