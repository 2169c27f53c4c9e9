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
use std::{ops::Deref, sync::Arc};
use tokio::sync::watch;

/// The parts of the running program. Clones share them: the router makes some for each request.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What [`AppState`] is made of.
pub struct Parts {
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

impl AppState {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(app: &AppState) -> Self {
        app.leptos_options.clone()
    }
}
