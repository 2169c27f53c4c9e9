//! What a page waits for that events do not tell. See `refresh.rs`.

use crate::model::order::Order;

/// What is due, and what came meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Due {
    pub counts_due: bool,
    pub rows_due: bool,
    /// The orders of the events that came since a snapshot was asked for, by their sequences; `None` while none is.
    pub meanwhile: Option<Vec<(i64, Order)>>,
    /// Whether a search is under way.
    pub searching: bool,
    /// The rows show every event up to here: they were taken over from a snapshot that had them.
    pub rows_through: i64,
}
