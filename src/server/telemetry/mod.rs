//! What the program tells its operators: metrics for Prometheus, and log lines.

pub mod catalogue;
pub mod gauges;
pub mod log;
mod stream_metrics;

pub use stream_metrics::StreamMetrics;
