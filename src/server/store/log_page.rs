//! How much one read of the log returns, and what the log tail learns from it.

use crate::server::sse::Page;

/// Events that one read fetches, and bytes of data after which it fetches no more: enough to be quick, little enough to be held by
/// every stream that catches up at once and by every reader that then takes nothing.
pub(super) const PAGE: usize = 256;
pub(super) const PAGE_BYTES: usize = 128 * 1024;

/// A page, with what tells whether it is of the same log as the one before it.
pub(super) struct Read {
    pub page: Page,
    /// The nonce of the event at the cursor that was read from.
    pub nonce_at_cursor: i64,
    /// That of the last event of the page, where there is one.
    pub last_nonce: Option<i64>,
}
