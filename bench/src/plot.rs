//! Plots: a horizontal bar for each system, with the spread of its runs; readable on a light and on a dark page.

use crate::{
    plain,
    statistics::{Spread, digits},
};
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const NAMES: f64 = 230.0;
const NUMBERS: f64 = 150.0;
const ROW: f64 = 30.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 14.0;

const STYLE: &str = "text { font: 14px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 16px } .unit, .number { fill: \
                     #57606a } .bar { fill: #8c959f } .own { fill: #0969da } .spread { stroke: #24292f; stroke-width: 1.5 } @media \
                     (prefers-color-scheme: dark) { text { fill: #e6edf3 } .unit, .number { fill: #9da7b3 } .bar { fill: #6e7681 } .own { fill: \
                     #4493f8 } .spread { stroke: #e6edf3 } }";

/// A row: the system's name, what was measured, and whether it is the one that the report is about.
pub type Row<'a> = (&'a str, Spread, bool);

/// An SVG document. `unit` says what a bar's length is.
pub fn bars(title: &str, unit: &str, rows: &[Row]) -> String {
    let height = TOP + ROW * rows.len() as f64 + BOTTOM;
    let most = rows.iter().map(|(_, spread, _)| spread.high).fold(f64::MIN_POSITIVE, f64::max);
    let x = |value: f64| NAMES + (WIDTH - NAMES - NUMBERS) * value.max(0.0) / most;
    let label = rows.iter().map(|(name, spread, _)| format!("{}: {}", plain(name), digits(spread.median))).collect::<Vec<_>>().join("; ");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n<style>{STYLE}</style>\n\
         <text class=\"title\" x=\"0\" y=\"20\">{}</text>\n<text class=\"unit\" x=\"0\" y=\"42\">{}</text>\n",
        escape(&format!("{title}. {label}")),
        escape(title),
        escape(unit)
    );
    for (row, (name, spread, is_own)) in rows.iter().enumerate() {
        let top = TOP + ROW * row as f64;
        let (middle, text) = (top + ROW / 2.0, top + ROW / 2.0 + 5.0);
        let class = if *is_own { "own" } else { "bar" };
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{text:.1}\" text-anchor=\"end\">{}</text>\n<rect class=\"{class}\" x=\"{NAMES:.1}\" y=\"{:.1}\" \
             width=\"{:.1}\" height=\"{:.1}\"/>\n<path class=\"spread\" d=\"M{:.1} {middle:.1}H{:.1}\"/>\n<text class=\"number\" x=\"{:.1}\" \
             y=\"{text:.1}\">{}</text>\n",
            NAMES - 10.0,
            escape(&plain(name)),
            top + 5.0,
            x(spread.median) - NAMES,
            ROW - 10.0,
            x(spread.low),
            x(spread.high),
            x(spread.high) + 8.0,
            escape(&spread.to_string()),
        );
    }
    svg + "</svg>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_value_and_text_is_escaped() {
        let spread = |median| Spread { median, low: median, high: median };
        let svg = bars("a < b & c", "ms", &[("one", spread(1.0), false), ("**two**", spread(2.0), true)]);
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains(">two</text>"), "{svg}");
        let full = WIDTH - NAMES - NUMBERS;
        for (class, width) in [("bar", full / 2.0), ("own", full)] {
            assert!(
                svg.contains(&format!("class=\"{class}\" x=\"{NAMES:.1}\"")) && svg.contains(&format!("width=\"{width:.1}\"")),
                "{svg}"
            );
        }
    }
}
