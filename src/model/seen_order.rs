//! An order as a caller saw it: its id, and the version that was shown. A change that is asked for with a version is made to that version
//! only, so that one press is one step, however late or doubled it comes.
//!
//! Written `<order_id>@<version>`, or `<order_id>` alone, where any version will do.

use crate::model::error::Error;

/// An order, and the version that its caller saw, if the caller says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenOrder {
    pub order_id: String,
    pub version: Option<i64>,
}

impl SeenOrder {
    /// Reads `<order_id>@<version>` or `<order_id>`. Refuses a version that is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (order_id, version) = match text.rsplit_once('@') {
            Some((order_id, version)) => (order_id, Some(parse_version(version)?)),
            None => (text, None),
        };
        Ok(Self { order_id: order_id.into(), version })
    }

    /// The text that [`SeenOrder::parse`] reads.
    pub fn text(order_id: &str, version: i64) -> String {
        format!("{order_id}@{version}")
    }
}

/// Reads a version: a whole number in digits.
pub fn parse_version(text: &str) -> Result<i64, Error> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let version = text.parse().ok().filter(|_| digits);
    version.ok_or_else(|| Error::invalid(format!("{text:?} is not the version of an order")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_named_with_or_without_the_version_that_was_seen() {
        let seen = |order_id: &str, version| SeenOrder { order_id: order_id.into(), version };
        assert_eq!(SeenOrder::parse(&SeenOrder::text("a-1", 3)), Ok(seen("a-1", Some(3))));
        assert_eq!(SeenOrder::parse("a-1"), Ok(seen("a-1", None)));
        assert_eq!(SeenOrder::parse("a@b@7"), Ok(seen("a@b", Some(7))));
    }

    #[test]
    fn a_version_is_digits_and_nothing_else() {
        for text in ["", " ", "x", "-1", "+1", "1.0", " 1", "١", "9223372036854775808"] {
            assert_eq!(SeenOrder::parse(&format!("a@{text}")).unwrap_err().kind.status(), 422, "{text:?}");
        }
        assert_eq!(parse_version("9223372036854775807"), Ok(i64::MAX));
    }
}
