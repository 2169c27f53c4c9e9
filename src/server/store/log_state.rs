//! The log's one row of state, as a change finds it and as it writes it.

use super::{connections::AnyQuery, error::StoreError};
use crate::server::clock::millis;
use sqlx::{Row, any::AnyRow};
use std::time::Duration;

/// The most that the retention clock grows at once: a database's clock that jumps ahead ages nothing by more than this.
const CLOCK_STEP: Duration = Duration::from_secs(5 * 60);

/// Its arguments are those of [`LogState::bind`].
pub(super) const UPDATE_LOG: &str =
    "UPDATE log SET epoch = $1, head = $2, floor = $3, clock = $4, clock_read_at = $5, last_order_number = $6";

#[derive(Clone, Debug)]
pub(super) struct LogState {
    pub epoch: String,
    pub head: i64,
    pub floor: i64,
    pub last_order_number: i64,
    /// What the retention clock shows.
    pub clock: i64,
    /// What the database's own clock showed then, milliseconds since 1970.
    pub clock_read_at: i64,
    /// What it showed when the log was written before.
    pub written_at: i64,
    /// The nonce of the last event before the change, on SQLite.
    pub nonce: i64,
}

impl LogState {
    /// Reads the row of [`Database::lock_log`](super::database::Database::lock_log), whose retention clock goes on by the time since it was written.
    pub fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let (clock, before, now): (i64, i64, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        let step = if before == 0 { 0 } else { now.saturating_sub(before).clamp(0, millis(CLOCK_STEP)) };
        Ok(Self {
            epoch: row.try_get(0)?,
            head: row.try_get(1)?,
            floor: row.try_get(2)?,
            last_order_number: row.try_get(6)?,
            clock: clock.saturating_add(step),
            clock_read_at: now,
            written_at: before,
            nonce: row.try_get(8)?,
        })
    }

    /// Binds the arguments of [`UPDATE_LOG`].
    pub fn bind<'q>(&'q self, update: AnyQuery<'q>) -> AnyQuery<'q> {
        let update = update.bind(&self.epoch).bind(self.head).bind(self.floor);
        update.bind(self.clock).bind(self.clock_read_at).bind(self.last_order_number)
    }
}

/// The row is not there.
pub(super) fn no_state() -> StoreError {
    StoreError::Internal("the log has no state".into())
}
