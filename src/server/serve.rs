//! The composition root: builds the program's parts, joins them, and serves until a signal ends it.
//!
//! Settings → store → commit notifier → log tail → hub → router → listener. In shutdown, the listener ends first, then the background
//! tasks, then the presence of this instance, then the store.

use super::{
    AppState,
    cluster::{self, Presence, RelayStatus},
    console_stats::StatsCollector,
    demo_shop,
    demo_traffic::Traffic,
    housekeeping,
    http::{
        limits::{Rates, RequestLimits},
        push_batcher::PushBatcher,
        router::{metrics_router, router},
        sessions::Sessions,
    },
    net::{self, Routers},
    settings::Settings,
    sse::{self, CommitNotifier, EventLog, Hub, Limits},
    startup_error::StartupError,
    state::Parts,
    store::Store,
    telemetry::{StreamMetrics, catalogue},
};
use leptos::prelude::{LeptosOptions, get_configuration};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::timeout};
use uuid::Uuid;

/// How long this instance may take to deregister from presence in shutdown.
const DEREGISTERING: Duration = Duration::from_millis(300);

/// Serves until a signal has ended it.
pub async fn serve(settings: Settings) -> Result<(), StartupError> {
    settings.check().map_err(StartupError::Setting)?;
    // The TLS of browsers, PostgreSQL and Redis. Only a second call could fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let redis = redis_client(&settings)?;
    let leptos_options = leptos_options()?;
    let prometheus = catalogue::install()?;
    let notifier = CommitNotifier::default();
    let store = Store::open_to_serve(settings.database_url(), notifier.clone()).await?;
    prepare_demo(&settings, &store).await?;
    let sessions = Sessions::new(&store, settings.session_idle());
    let rates = Rates { sign_in: settings.sign_in_rate, order: settings.order_rate, push: settings.push_rate };
    let request_limits = RequestLimits::new(rates);
    let capacity = net::capacity(settings.max_streams);
    let limits = Limits { per_user: settings.max_streams_per_user, in_all: capacity.streams };
    let hub = Hub::new(&store.bounds().await?, limits, StreamMetrics::new(capacity.streams));
    let name = settings.instance.clone().unwrap_or_else(|| gethostname::gethostname().to_string_lossy().into_owned());

    // Dropping the set ends its tasks.
    let mut tasks = JoinSet::new();
    tasks.spawn(store.clone().probe());
    tasks.spawn(sse::tail(store.clone(), hub.clone(), notifier.subscribe()));
    tasks.spawn(housekeeping::run(store.clone(), sessions.clone(), request_limits.clone(), settings.history, settings.notifications));
    tasks.spawn(sessions.clone().record_use(store.clone()));
    let relay_status = redis.map(|redis| join_cluster(&mut tasks, redis, notifier, &store, &hub, &name));
    let presence = Presence::start(store.clone(), hub.clone(), name, settings.max_streams_per_user);
    let traffic = settings.is_demo().then(|| Traffic::new(store.clone(), settings.demo_shop));
    if let Some(traffic) = traffic.clone() {
        tasks.spawn(traffic.run(presence.clone()));
    }
    let stats = StatsCollector::new(store.clone(), hub.clone(), presence.clone(), traffic.clone());
    tasks.spawn(stats.clone().publish());

    let app = AppState::new(Parts {
        push_batcher: PushBatcher::start(store.clone()),
        store: store.clone(),
        hub: hub.clone(),
        sessions,
        limits: request_limits,
        settings: Arc::new(settings),
        presence: presence.clone(),
        stats,
        traffic,
        relay_status,
        metrics: prometheus,
        leptos_options,
    });
    let routers = Routers { main: router(app.clone()), metrics: metrics_router(app.clone()) };
    let served = net::serve(routers, &app.settings, hub, capacity.connections).await;
    drop(tasks);
    // Where the database does not answer, the other instances miss the heartbeat.
    let _ = timeout(DEREGISTERING, presence.deregister()).await;
    store.close().await;
    Ok(served?)
}

/// Adds the demo's users with `--demo`, and the past of its shop with `--demo-shop`. Without it, none of them may be left with a password that everybody knows.
async fn prepare_demo(settings: &Settings, store: &Store) -> Result<(), StartupError> {
    if settings.is_demo() {
        if !settings.addr.ip().is_loopback() {
            tracing::warn!(addr = %settings.addr, "the demo: everybody who reaches this address can sign in as staff (ops, password demo)");
        }
        store.add_demo_users(settings.demo_shop).await?;
        if settings.demo_shop {
            demo_shop::open(store).await?;
        }
        return Ok(());
    }
    match store.user_with_demo_password().await? {
        None => Ok(()),
        Some(username) => Err(StartupError::Setting(format!(
            "the database has the demo's user {username} with the password that everybody knows: \
             run 'orderwire set-password {username}' or 'orderwire remove-user {username}', or start with --demo"
        ))),
    }
}

/// Relays commit notifications over Redis and ingests what other programs push there.
fn join_cluster(
    tasks: &mut JoinSet<()>,
    redis: redis::Client,
    notifier: CommitNotifier,
    store: &Store,
    hub: &Hub,
    name: &str,
) -> watch::Receiver<RelayStatus> {
    let (sender, status) = watch::channel(Err("not connected yet".into()));
    tasks.spawn(cluster::relay(notifier, redis.clone(), hub.epoch(), Uuid::new_v4().to_string(), sender));
    tasks.spawn(cluster::ingest(store.clone(), redis, name.to_owned()));
    status
}

/// The Redis of `--redis-url`; it is connected to later, and again after each failure.
fn redis_client(settings: &Settings) -> Result<Option<redis::Client>, StartupError> {
    let Some(url) = &settings.redis_url else { return Ok(None) };
    if settings.database_url().starts_with("sqlite:") {
        return Err(StartupError::Setting(
            "--redis-url joins instances that share a database, and only one instance can use a SQLite file: \
             leave it out, or give --database-url postgres://…"
                .into(),
        ));
    }
    redis::Client::open(url.as_str()).map(Some).map_err(|error| StartupError::Setting(format!("--redis-url: {error}")))
}

/// Where the site's files are: `LEPTOS_…` in the environment (cargo-leptos sets them), else where `make build` puts them.
fn leptos_options() -> Result<LeptosOptions, StartupError> {
    let configuration = get_configuration(None).map_err(|error| StartupError::Setting(format!("LEPTOS_…: {error}")))?;
    let mut options = configuration.leptos_options;
    // cargo-leptos writes the file of hashes beside the binary that it builds.
    options.hash_files = std::env::current_exe().is_ok_and(|binary| binary.with_file_name(&*options.hash_file).exists());
    Ok(options)
}
