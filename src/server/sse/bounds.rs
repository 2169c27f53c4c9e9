//! The one rule that decides whether a cursor can be served. It is asked when a stream opens, whenever a stream or the tail reads from
//! the log, and so also when the log has begun a new epoch under an open stream.

use super::{EventId, NotAnId};

/// From where to where the log can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The log's present name. Positions in any other epoch mean nothing in it.
    pub epoch: String,
    /// The last event's sequence.
    pub head: i64,
    /// The last sequence that has been trimmed: the oldest one that can be read on from.
    pub floor: i64,
}

/// Why a cursor cannot be served; it displays as the `reason` of a `resync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResyncReason {
    #[error("the position cannot be read")]
    Unreadable,
    #[error("the position is in another log")]
    OtherEpoch,
    #[error("the position is past the end of the log")]
    PastHead,
    #[error("events past this position are no longer kept")]
    Trimmed,
}

impl From<NotAnId> for ResyncReason {
    fn from(_: NotAnId) -> Self {
        ResyncReason::Unreadable
    }
}

impl Bounds {
    /// Whether a reader at `cursor` can be served from there, or why not.
    pub fn check(&self, cursor: &EventId) -> Result<(), ResyncReason> {
        match cursor {
            EventId { epoch, .. } if *epoch != self.epoch => Err(ResyncReason::OtherEpoch),
            EventId { sequence, .. } if *sequence > self.head => Err(ResyncReason::PastHead),
            EventId { sequence, .. } if *sequence < self.floor => Err(ResyncReason::Trimmed),
            _ => Ok(()),
        }
    }

    /// Where a reader starts who writes its cursor as `after`: there, or at the head; and the reason, if that is not where it asked to
    /// be. Without a cursor it starts at the head.
    pub fn locate(&self, after: Option<&str>) -> (EventId, Option<ResyncReason>) {
        let Some(after) = after else { return (self.end(), None) };
        let cursor = after.parse::<EventId>().map_err(ResyncReason::from);
        match cursor.and_then(|cursor| self.check(&cursor).map(|()| cursor)) {
            Ok(cursor) => (cursor, None),
            Err(reason) => (self.end(), Some(reason)),
        }
    }

    /// The position of the head.
    pub fn end(&self) -> EventId {
        self.id(self.head)
    }

    /// A position in this log.
    pub fn id(&self, sequence: i64) -> EventId {
        EventId { epoch: self.epoch.clone(), sequence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invariant 5, the decision: each cursor is served from where it is, or answered with the head and a reason.
    #[test]
    fn invariant_5_each_cursor_is_served_or_given_a_reason() {
        let bounds = Bounds { epoch: "e".into(), head: 9, floor: 4 };
        let (served, head) = (|sequence| (bounds.id(sequence), None), |reason| (bounds.id(9), Some(reason)));
        for (after, expected) in [
            (None, served(9)),
            (Some("e-9"), served(9)),
            (Some("e-4"), served(4)),
            (Some("e-10"), head(ResyncReason::PastHead)),
            (Some("e-3"), head(ResyncReason::Trimmed)),
            (Some("f-5"), head(ResyncReason::OtherEpoch)),
            (Some("none-0"), head(ResyncReason::OtherEpoch)),
            (Some(""), head(ResyncReason::Unreadable)),
            (Some("e-05"), head(ResyncReason::Unreadable)),
        ] {
            assert_eq!(bounds.locate(after), expected, "{after:?}");
        }
    }
}
