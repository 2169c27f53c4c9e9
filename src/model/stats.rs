//! What only staff see, of the moment: figures, and who is connected. It passes: each one is whole, and none is kept.

use crate::model::order::Status;
use serde::{Deserialize, Serialize};

/// Seconds of each point of a chart.
pub const POINT: i64 = 10;

/// Points of a chart: the last 15 minutes.
pub const POINTS: usize = 90;

/// The data of `streams`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleStats {
    pub figures: Figures,
    /// Open streams, the newest first; only the first [`STREAMS`].
    pub streams: Vec<ConnectionInfo>,
    /// Whether the demo's orders move by themselves; `None` where there is no demo.
    pub traffic: Option<bool>,
}

/// Streams that a console_stats lists; [`Figures::streams`] counts them all.
pub const STREAMS: usize = 50;

/// Figures of the shop and of the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// How many orders there are of each status, in the order of [`Status::ALL`].
    pub orders: [i64; Status::ALL.len()],
    /// Of the orders placed since midnight (UTC) and not cancelled, in cents.
    pub revenue_cents: i64,
    /// How many streams are open.
    pub streams: usize,
    /// Events of the log in each [`POINT`] seconds, the oldest first; the last point is still growing.
    pub events_each: Vec<u32>,
    /// Open streams at the end of each, likewise.
    pub streams_each: Vec<u32>,
}

/// An open stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionInfo {
    pub client_id: String,
    pub username: String,
    /// When it opened, RFC 3339.
    pub since: String,
    /// The browser or program that reads it, as far as it says.
    pub browser: String,
    /// Events that it has not taken yet; `None` where there are more than are in memory.
    pub behind: Option<usize>,
    /// The instance that holds it, where there may be several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}
