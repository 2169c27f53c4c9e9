//! The server's clock: RFC 3339 for what is kept and sent, milliseconds since 1970 for arithmetic.

use std::time::Duration;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

/// Now: RFC 3339, UTC, milliseconds.
pub fn now() -> String {
    rfc3339(OffsetDateTime::now_utc())
}

/// The time `age` before now, in the same form.
pub fn before_now(age: Duration) -> String {
    rfc3339(OffsetDateTime::now_utc() - age)
}

/// That time, in the same form: of two such texts, the later time is the greater text.
pub fn rfc3339(time: OffsetDateTime) -> String {
    const FORMAT: &[BorrowedFormatItem] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.format(FORMAT).unwrap_or_default()
}

/// That time, given in milliseconds since 1970, in the same form.
pub fn rfc3339_of(ms: i64) -> String {
    rfc3339(OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

/// Now, in milliseconds since 1970.
pub fn epoch_ms() -> i64 {
    let milliseconds = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds_so_that_they_sort_as_text() {
        let time = |nanoseconds| rfc3339(OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap());
        assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(1_793_628_359_007_000_000), "2026-11-02T14:05:59.007Z");
        assert!(before_now(Duration::from_millis(2)) < now());
    }
}
