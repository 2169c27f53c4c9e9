//! The state that all handlers share.

use super::{
    cluster::{Presence, RelayStatus},
    console_stats::StatsCollector,
    demo_traffic::Traffic,
    http::{limits::RequestLimits, push_batcher::PushBatcher, sessions::Sessions},
    settings::Settings,
    sse::Hub,
    store::Store,
};
use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tokio::sync::watch;

/// The parts of the running program. Clones share them.
#[derive(Clone)]
pub struct AppState {
    pub store: Store,
    pub hub: Hub,
    pub sessions: Sessions,
    pub limits: RequestLimits,
    pub settings: Arc<Settings>,
    pub presence: Presence,
    pub stats: StatsCollector,
    /// Only with `--demo`.
    pub traffic: Option<Traffic>,
    /// Whether the Redis relay is connected; `None` without `--redis-url`.
    pub relay_status: Option<watch::Receiver<RelayStatus>>,
    pub push_batcher: PushBatcher,
    pub metrics: PrometheusHandle,
    pub leptos_options: LeptosOptions,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(app: &AppState) -> Self {
        app.leptos_options.clone()
    }
}
