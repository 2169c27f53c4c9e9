//! What several runs say together.

use std::fmt;

/// The median of the runs, and the lowest and highest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    /// `None` without any value, or where one is no number: a run was too short for it.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        (low.is_finite() && high.is_finite()).then_some(Self { median, low, high })
    }
}

/// With three digits, as the report has it: `2.93 (2.81-3.02)`.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, low, high } = *self;
        if low == high { f.write_str(&digits(median)) } else { write!(f, "{} ({}-{})", digits(median), digits(low), digits(high)) }
    }
}

/// A number with three digits that count, and thousands apart.
pub fn digits(number: f64) -> String {
    match number.abs() {
        ..9.995 => format!("{number:.2}"),
        9.995..99.95 => format!("{number:.1}"),
        99.95..999.5 => format!("{number:.0}"),
        _ => {
            let step = 10_f64.powi(number.abs().log10() as i32 - 2);
            let text = format!("{:.0}", (number / step).round() * step);
            let mut parts: Vec<_> = text.as_bytes().rchunks(3).map(String::from_utf8_lossy).collect();
            parts.reverse();
            parts.join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_and_the_ends() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, low: 1.0, high: 3.0 }));
        assert_eq!(Spread::of([4.0, 1.0]), Some(Spread { median: 2.5, low: 1.0, high: 4.0 }));
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([1.0, f64::NAN]), None);
    }

    #[test]
    fn three_digits_count() {
        let texts = [0.0, 0.123, 9.994, 9.996, 12.34, 99.96, 123.4, 999.6, 8_664.0, 50_912.0, 1_234_567.0].map(digits);
        assert_eq!(texts, ["0.00", "0.12", "9.99", "10.0", "12.3", "100", "123", "1,000", "8,660", "50,900", "1,230,000"]);
    }
}
