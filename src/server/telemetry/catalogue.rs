//! The catalogue of metrics: each by its name, with what it counts. `deploy/grafana.json` and `deploy/alerts.yml` use these names, which
//! `tests/telemetry.rs` checks.
//!
//! Promise: each metric of the catalogue is there from the start, a counter at 0, so that an increase from nothing is seen as one.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of the histograms' buckets, in seconds.
const SECONDS: [f64; 10] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// A label, and the values that it can have.
type Label = (&'static str, &'static [&'static str]);

/// Counters: the name, what is counted, and the label of those that have one.
const COUNTERS: &[(&str, &str, Option<Label>)] = &[
    ("orderwire_streams_opened_total", "Event streams that have opened", None),
    (
        "orderwire_streams_ended_total",
        "Event streams that have ended, by the reason: the client left or took nothing, the session ended, the program stopped, staff closed it",
        Some(("reason", &["client", "session", "stopping", "closed"])),
    ),
    ("orderwire_events_appended_total", "Events that this instance has appended to the log", None),
    (
        "orderwire_events_sent_total",
        "Events of the log that streams have taken, from memory (live) or from the log (replayed)",
        Some(("source", &["memory", "log"])),
    ),
    (
        "orderwire_resyncs_total",
        "Cursors that could not be served, by the reason",
        Some(("reason", &["unreadable", "other_epoch", "past_head", "trimmed"])),
    ),
    (
        "orderwire_tail_reads_total",
        "Reads of the log's tail, by what caused them: a notification of a commit, or a poll",
        Some(("cause", &["notification", "poll"])),
    ),
    ("orderwire_events_trimmed_total", "Events that were deleted because they were past --history", None),
    ("orderwire_housekeeping_runs_total", "Runs of the housekeeping: trimming the log, notifications and sessions", None),
    ("orderwire_remote_commits_total", "Commits of other instances that the Redis relay has told of", None),
    ("orderwire_ingest_entries_total", "Entries of push.events, by what became of them", Some(("outcome", &["appended", "rejected"]))),
    (
        "orderwire_sign_ins_refused_total",
        "Sign-ins that were refused, by the reason: a wrong name or password, too many failures, too many at once or no database",
        Some(("reason", &["wrong", "failures", "busy"])),
    ),
    (
        "orderwire_requests_total",
        "Requests that were answered, by the class of the status",
        Some(("status", &["2xx", "3xx", "4xx", "5xx"])),
    ),
];

/// Gauges.
const GAUGES: &[(&str, &str)] = &[
    ("orderwire_streams", "Event streams that are open"),
    ("orderwire_streams_limit", "Event streams that may be open: --max-streams, or fewer where the limit of open files is lower"),
    ("orderwire_tail_batch_events", "Events that the log's tail was behind when it last read"),
    ("orderwire_ready", "Whether each part of the store works: 1, or 0 from its first failure until it works again"),
    ("orderwire_database_connections", "Connections to the database that may be open, by their purpose"),
    ("orderwire_database_connections_in_use", "Connections to the database that are in use, by their purpose"),
    ("orderwire_redis_connected", "Whether the Redis relay is connected; -1 without --redis-url"),
    ("orderwire_build_info", "1, with the program's version"),
];

/// Histograms, in seconds.
const HISTOGRAMS: &[(&str, &str)] = &[
    (
        "orderwire_delivery_seconds",
        "From the wake-up of the log's tail until the events that it read are written to their streams, or the streams woken",
    ),
    ("orderwire_request_seconds", "From a request's head until the head of its answer"),
];

/// Installs the recorder of the program's metrics, with the whole catalogue.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let builder = HISTOGRAMS.iter().try_fold(PrometheusBuilder::new(), |builder, (name, _)| {
        builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), &SECONDS)
    })?;
    let handle = builder.install_recorder()?;
    for (name, description, label) in COUNTERS {
        describe_counter!(*name, *description);
        match label {
            None => counter!(*name).increment(0),
            Some((label, values)) => values.iter().for_each(|value| counter!(*name, *label => *value).increment(0)),
        }
    }
    for (name, description) in GAUGES {
        describe_gauge!(*name, *description);
    }
    for (name, description) in HISTOGRAMS {
        describe_histogram!(*name, Unit::Seconds, *description);
    }
    gauge!("orderwire_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}
