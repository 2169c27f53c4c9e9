//! The log: lines on standard error, for people or, with `--log-format json`, for programs. `RUST_LOG` filters them.

use clap::ValueEnum;
use std::io::IsTerminal;
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Writes the log from now on. Called once.
pub fn to_stderr(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,sqlx=warn".into());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let of_use = filter_fn(is_of_use);
    match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).finish().with(of_use).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).finish().with(of_use).init(),
    }
}

/// Whether a line says anything to who runs the program. The session layer warns of each cookie that it does not know; any stranger can send
/// those, and a browser does after each sign-out elsewhere.
fn is_of_use(line: &Metadata) -> bool {
    *line.level() != Level::WARN || !line.target().starts_with("tower_sessions")
}
