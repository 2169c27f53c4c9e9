//! What runs on the server only. The parts follow the way of the data: [`http::auth`] says who asks, [`store`] writes the change and its
//! events, [`sse`] carries them to every open stream; [`http::router`] ties them to routes.

mod cluster;
mod console_stats;
mod demo;
pub mod http;
mod net;
pub mod settings;
pub mod sse;
pub mod store;

use crate::app::shell;
use axum::extract::FromRef;
use cluster::Presence;
use console_stats::StatsCollector;
use demo::Traffic;
use http::auth::Sessions;
use leptos::prelude::{LeptosOptions, get_configuration};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use settings::{Cli, Command, Database, Settings, refuse};
use sse::{CommitNotifier, EventLog, Hub, Limits, Metrics};
use std::{io::IsTerminal, io::Read, sync::Arc, time::Duration};
use store::Store;
use tokio::{sync::watch, task::JoinSet};
use user::Role;

use crate::model::{error::Error, user};
use uuid::Uuid;

/// How often old events and sessions are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// What every handler may reach. Clones share it.
#[derive(Clone)]
pub struct AppState {
    pub store: Store,
    pub hub: Hub,
    pub sessions: Sessions,
    pub settings: Arc<Settings>,
    pub presence: Presence,
    pub stats: StatsCollector,
    /// Where the demo runs.
    pub traffic: Option<Traffic>,
    /// Whether the bell is relay_status between instances; `None` where there is no Redis.
    relay_status: Option<watch::Receiver<cluster::RelayStatus>>,
    pushes: http::push::Appender,
    metrics: PrometheusHandle,
    leptos: LeptosOptions,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(app: &AppState) -> Self {
        app.leptos.clone()
    }
}

/// The program: reads the settings, and serves until it is asked to stop, or does the one thing it was called for.
pub async fn run() {
    let cli = Cli::read();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,sqlx=warn".into()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let done = match cli.command {
        None => serve(cli.settings).await,
        Some(command) => manage(command).await,
    };
    if let Err(error) = done {
        refuse(&error.error);
    }
}

/// settings → store → bell → tail → router → serve → drain
async fn serve(settings: Settings) -> Result<(), Error> {
    // For every TLS there is: the browsers', PostgreSQL's and Redis'. Only a second call could fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let redis = redis(&settings)?;
    let prometheus = PrometheusBuilder::new().install_recorder().map_err(|error| Error::invalid(format!("metrics: {error}")))?;
    let notifier = CommitNotifier::default();
    let store = open(&settings.database, notifier.clone()).await?;
    if settings.demo {
        store.add_demo_people().await?;
    }
    let sessions = Sessions::new(&store);
    let room = net::listener::room(settings.max_streams);
    let limits = Limits { per_user: settings.max_streams_per_user, in_all: room.streams };
    let stream_metrics =
        Metrics { streams: metrics::gauge!("orderwire_streams"), events_sent: metrics::counter!("orderwire_frames_sent_total") };
    let hub = Hub::new(&store.bounds().await?, limits, stream_metrics);
    let leptos = leptos_options()?;

    // Dropped, it ends them.
    let mut tasks = JoinSet::new();
    tasks.spawn(sse::tail(store.clone(), hub.clone(), notifier.subscribe()));
    tasks.spawn(housekeeping(store.clone(), sessions.clone(), settings.history));
    let name = settings.instance.clone().unwrap_or_else(|| gethostname::gethostname().to_string_lossy().into_owned());
    let relay_status = redis.map(|redis| {
        let (carries, relay_status) = watch::channel(Err("not connected yet".into()));
        tasks.spawn(cluster::relay(notifier, redis.clone(), hub.epoch(), Uuid::new_v4().to_string(), carries));
        tasks.spawn(cluster::redis_ingest::take(store.clone(), redis, name.clone()));
        relay_status
    });
    let presence = Presence::keep(store.clone(), hub.clone(), name, settings.max_streams_per_user);
    let traffic = settings.demo.then(|| Traffic::new(store.clone()));
    if let Some(traffic) = traffic.clone() {
        tasks.spawn(traffic.go_on());
    }
    let stats = StatsCollector::new(store.clone(), hub.clone(), presence.clone(), traffic.clone());
    tasks.spawn(stats.clone().tell());
    let app = AppState {
        pushes: http::push::Appender::start(store.clone()),
        store: store.clone(),
        hub: hub.clone(),
        sessions,
        settings: Arc::new(settings),
        presence: presence.clone(),
        stats,
        traffic,
        relay_status,
        metrics: prometheus,
        leptos,
    };
    let served = net::listener::serve(http::router::router(app.clone(), shell), &app.settings, hub, room.connections).await;
    drop(tasks);
    presence.deregister().await;
    store.close().await;
    served
}

/// Redis, where it is to be used; connected to later, and again and again. It serves instances that share a database.
fn redis(settings: &Settings) -> Result<Option<redis::Client>, Error> {
    let Some(url) = &settings.redis_url else { return Ok(None) };
    if settings.database.database_url.starts_with("sqlite:") {
        return Err(Error::invalid(
            "--redis-url joins instances that share a database, and a SQLite file is one instance's own: \
             leave it out, or give --database-url postgres://…",
        ));
    }
    redis::Client::open(url.as_str()).map(Some).map_err(|error| Error::invalid(format!("--redis-url: {error}")))
}

async fn manage(command: Command) -> Result<(), Error> {
    match command {
        Command::AddUser { username, staff, database } => {
            let password = read_password()?;
            let role = if staff { Role::Staff } else { Role::Customer };
            open(&database, CommitNotifier::default()).await?.add_user(&username, role, password).await?;
            println!("added {username} ({})", role.as_str());
        }
        Command::RemoveUser { username, database } => {
            open(&database, CommitNotifier::default()).await?.remove_user(&username).await?;
            println!("removed {username}; their streams have ended");
        }
    }
    Ok(())
}

fn read_password() -> Result<String, Error> {
    let unreadable = |error: std::io::Error| Error::invalid(format!("the password cannot be read: {error}"));
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map_err(unreadable);
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

async fn open(database: &Database, notifier: CommitNotifier) -> Result<Store, Error> {
    Store::open(&database.database_url, notifier).await.map_err(|error| Error::invalid(error.to_string()))
}

/// Trims the log and forgets expired sessions, for as long as the program runs.
async fn housekeeping(store: Store, sessions: Sessions, history: Duration) {
    let mut tick = tokio::time::interval(HOUSEKEEPING.min(history));
    loop {
        tick.tick().await;
        match store.trim(history).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "trimmed the log"),
            Err(error) => tracing::warn!(%error, "the log was not trimmed"),
        }
        sessions.forget_expired().await;
    }
}

/// Where the site lies: `LEPTOS_…` in the environment (cargo-leptos sets them), else what `make build` leaves.
fn leptos_options() -> Result<LeptosOptions, Error> {
    let mut options = get_configuration(None).map_err(|error| Error::invalid(format!("LEPTOS settings: {error}")))?.leptos_options;
    // cargo-leptos writes the file of hashes beside the binary that it builds.
    options.hash_files = std::env::current_exe().is_ok_and(|binary| binary.with_file_name(&*options.hash_file).exists());
    Ok(options)
}
