//! A rate, as a setting gives it: `10/15m` allows ten at once, and as many again over the next fifteen minutes, evenly; `0` and `off` allow
//! any number.

use std::{num::NonZeroU32, ops::RangeInclusive, str::FromStr, time::Duration};

/// The periods that a rate may have.
const PERIOD: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

/// The largest count: one more each 86 ns would be no limit.
const COUNT_MAX: u32 = 1_000_000;

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    Unlimited,
    /// `count` at once, and one more each time that a `count`th part of the period has passed.
    Limited {
        count: NonZeroU32,
        period: Duration,
    },
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "0" | "off") {
            return Ok(Self::Unlimited);
        }
        let wrong = || format!("must be a count from 1 to {COUNT_MAX} and a period from 1s to 1d, such as 10/15m, or 0 for any number");
        let (count, period) = text.split_once('/').ok_or_else(wrong)?;
        let count = count.parse().ok().filter(|count: &NonZeroU32| count.get() <= COUNT_MAX).ok_or_else(wrong)?;
        let period = humantime::parse_duration(period).ok().filter(|period| PERIOD.contains(period)).ok_or_else(wrong)?;
        Ok(Self::Limited { count, period })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_and_a_period_or_off() {
        let limited = |count, seconds| Ok(Rate::Limited { count: NonZeroU32::new(count).unwrap(), period: Duration::from_secs(seconds) });
        assert_eq!("10/15m".parse(), limited(10, 900));
        assert_eq!("1/1s".parse(), limited(1, 1));
        assert_eq!("1000000/1d".parse(), limited(1_000_000, 86_400));
        assert_eq!(("0".parse(), "off".parse()), (Ok(Rate::Unlimited), Ok(Rate::Unlimited)));
        for wrong in
            ["", "10", "10/", "/15m", "0/15m", "-1/15m", "1.5/1m", "1000001/1d", "1/999ms", "1/25h", "10/15", "10/15m/2", "many/1m"]
        {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong:?}");
        }
    }
}
