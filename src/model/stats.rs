//! Console stats: figures and presence for the staff console. Ephemeral: each one replaces the last, and none is in the log.

use crate::model::order::Status;
use serde::{Deserialize, Serialize};

/// Seconds between two points of a chart.
pub const POINT: i64 = 10;

/// Points of a chart: the last 15 minutes.
pub const POINTS: usize = 90;

/// Bars of a chart by hour: the last day.
pub const HOURS: i64 = 24;

/// The data of `streams`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleStats {
    pub figures: Figures,
    /// Open streams, the newest first; only the first [`STREAMS`].
    pub streams: Vec<ConnectionInfo>,
    /// Whether demo traffic is on; `None` where there is no demo.
    pub traffic: Option<bool>,
}

/// Open streams that console stats list; [`Figures::streams`] counts all of them.
pub const STREAMS: usize = 50;

/// Figures of the shop and of its streams.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// The number of orders of each status, in the order of [`Status::ALL`].
    pub orders: [i64; Status::ALL.len()],
    /// Of the orders placed since midnight (UTC) and not cancelled, in cents.
    pub revenue_cents: i64,
    /// Orders placed in each of the last [`HOURS`] (UTC), cancelled later or not, the oldest first; the last hour is not over yet.
    #[serde(default)]
    pub orders_by_hour: Vec<u32>,
    /// What those of them cost that were not cancelled, in cents, likewise.
    #[serde(default)]
    pub revenue_by_hour: Vec<u32>,
    /// The number of open streams, on all instances.
    pub streams: usize,
    /// Events of the log in each [`POINT`] seconds, the oldest first; the last point is not complete yet.
    pub events_each: Vec<u32>,
    /// Open streams at the end of each point, likewise.
    pub streams_each: Vec<u32>,
}

/// What was sold in an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HourOfSales {
    /// In UTC, the beginning of an RFC 3339 time: `2026-11-23T01`.
    pub hour: String,
    /// The number of orders placed, cancelled later or not.
    pub orders: i64,
    /// Of those that were not cancelled, in cents.
    pub revenue_cents: i64,
}

/// An open stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionInfo {
    pub client_id: String,
    pub username: String,
    /// When it opened, RFC 3339.
    pub since: String,
    /// The browser or program that opened it, from its `User-Agent`.
    pub browser: String,
    /// Its lag: events of its user past its cursor; `None` where there are more than the replay buffer holds.
    pub behind: Option<usize>,
    /// The instance that holds it, where several share a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}
