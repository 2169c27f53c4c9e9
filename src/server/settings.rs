//! Settings: flags with environment twins. The doc comments of the fields are the text of `orderwire --help`.

use super::{public_url::PublicUrl, rate::Rate, telemetry::log::LogFormat};
use clap::Args;
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
    time::Duration,
};

/// The longest duration that a setting may have: times that far from now can still be computed and written.
const DURATION_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// The keep-alives that make sense: a shorter one is all that streams are busy with, a longer one finds no connection that is dead.
const KEEP_ALIVE: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

/// The shortest bearer token, in characters: a shorter one can be guessed.
const TOKEN_MIN: usize = 16;

/// The database without `--database-url`.
const DATABASE_URL: &str = "sqlite://data/orderwire.db";

/// The same with a demo: the demo's users never get into the database that is served without it.
const DEMO_DATABASE_URL: &str = "sqlite://data/demo.db";

/// The largest count that a setting may have.
const COUNT_MAX: usize = 1_000_000_000;

#[derive(Clone, Debug, Args)]
pub struct Database {
    /// Database of users, orders and the log: sqlite://PATH, or postgres://USER:PASSWORD@HOST/DATABASE for several instances
    /// [default: sqlite://data/orderwire.db, and with --demo or --demo-shop sqlite://data/demo.db]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl Database {
    /// The database of a command.
    pub fn url(&self) -> &str {
        self.database_url.as_deref().unwrap_or(DATABASE_URL)
    }
}

#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Address to listen on
    #[arg(long, env = "ORDERWIRE_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    #[command(flatten)]
    pub database: Database,

    /// Redis that relays commit notifications between instances, and whose stream push.events other programs push into
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,

    /// Name of this instance, as the console shows it [default: the host's name]
    #[arg(long, env = "ORDERWIRE_INSTANCE")]
    pub instance: Option<String>,

    /// Bearer token for POST /api/push, of 16 characters at least; without one the route is off
    #[arg(long, env = "ORDERWIRE_PUSH_TOKEN", hide_env_values = true)]
    pub push_token: Option<String>,

    /// How often a stream sends a keep-alive
    #[arg(long, env = "ORDERWIRE_KEEP_ALIVE", default_value = "30s", value_parser = keep_alive)]
    pub keep_alive: Duration,

    /// How long a browser waits before it opens a broken stream again
    #[arg(long, env = "ORDERWIRE_RETRY", default_value = "3s", value_parser = duration)]
    pub retry: Duration,

    /// Connections that one address may hold open, or requests under way behind a trusted proxy; one more gets 429. 0 for any number.
    /// Loopback is not limited
    #[arg(long, env = "ORDERWIRE_MAX_CONNECTIONS_PER_ADDRESS", default_value_t = 256, value_parser = count_or_0)]
    pub max_connections_per_address: usize,

    /// Addresses or networks of proxies, separated by commas, whose x-forwarded-for (or forwarded) says where a request comes from. A proxy
    /// must set one of them itself
    #[arg(long, env = "ORDERWIRE_TRUSTED_PROXY", value_delimiter = ',', value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,

    /// Where browsers find the site, if a proxy serves it, such as https://orders.example: requests of its pages pass the Origin check, and
    /// with https the session's cookie is sent over TLS only, and browsers are told to come over TLS only
    #[arg(long, env = "ORDERWIRE_PUBLIC_URL")]
    pub public_url: Option<PublicUrl>,

    /// Address of its own for /metrics, which is then nowhere else
    #[arg(long, env = "ORDERWIRE_METRICS_ADDR")]
    pub metrics_addr: Option<SocketAddr>,

    /// Streams that one user may hold open, on all instances; one more gets 429
    #[arg(long, env = "ORDERWIRE_MAX_STREAMS_PER_USER", default_value_t = 20, value_parser = count)]
    pub max_streams_per_user: usize,

    /// Whether event streams over plain HTTP/1.1 are written straight to their sockets, which takes less memory and time than the ordinary way
    #[arg(long, env = "ORDERWIRE_DIRECT_STREAMS", default_value_t = true, action = clap::ArgAction::Set)]
    pub direct_streams: bool,

    /// Streams that this instance holds open; one more gets 503
    #[arg(long, env = "ORDERWIRE_MAX_STREAMS", default_value_t = 20_000, value_parser = count)]
    pub max_streams: usize,

    /// How long events are kept for streams that resume
    #[arg(long, env = "ORDERWIRE_HISTORY", default_value = "7d", value_parser = duration)]
    pub history: Duration,

    /// How long notifications are kept, read or not
    #[arg(long, env = "ORDERWIRE_NOTIFICATIONS", default_value = "90d", value_parser = duration)]
    pub notifications: Duration,

    /// How long a session lasts, however much it is used
    #[arg(long, env = "ORDERWIRE_SESSION", default_value = "7d", value_parser = duration)]
    pub session: Duration,

    /// How long a session lasts without use; an open page is a use. 0 for as long as --session
    #[arg(long, env = "ORDERWIRE_SESSION_IDLE", default_value = "3d", value_parser = duration_or_0)]
    pub session_idle: Duration,

    /// Failed sign-ins of one user name from one address; one more gets 429. A rate is a count and a period: 10/15m allows ten at once, and as
    /// many again over the next 15 minutes, evenly. 0 for any number. Each instance counts by itself
    #[arg(long, env = "ORDERWIRE_SIGN_IN_RATE", default_value = "10/15m")]
    pub sign_in_rate: Rate,

    /// Orders that one customer may place, as a rate; one more gets 429
    #[arg(long, env = "ORDERWIRE_ORDER_RATE", default_value = "60/1m")]
    pub order_rate: Rate,

    /// Pushes to POST /api/push, as a rate; one more gets 429
    #[arg(long, env = "ORDERWIRE_PUSH_RATE", default_value = "0")]
    pub push_rate: Rate,

    /// Add the demo users (ada, grace: customers; ops: staff; password: demo) and show them on the sign-in page
    #[arg(long, env = "ORDERWIRE_DEMO")]
    pub demo: bool,

    /// Like --demo, with a shop that lives: on the first start with an empty database it gets some hundred orders of the last days and three more
    /// customers (barbara, edsger, margaret), and its orders move by themselves while any stream is open. Give it to all instances or to none
    #[arg(long, env = "ORDERWIRE_DEMO_SHOP")]
    pub demo_shop: bool,

    /// Form of the log's lines on standard error
    #[arg(long, env = "ORDERWIRE_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// TLS certificate chain (PEM); needs --tls-key
    #[arg(long, env = "ORDERWIRE_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// TLS private key (PEM); needs --tls-cert
    #[arg(long, env = "ORDERWIRE_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl Settings {
    /// The database to serve.
    pub fn database_url(&self) -> &str {
        match &self.database.database_url {
            Some(url) => url,
            None if self.is_demo() => DEMO_DATABASE_URL,
            None => DATABASE_URL,
        }
    }

    /// Whether the demo is served, with a shop or without.
    pub fn is_demo(&self) -> bool {
        self.demo || self.demo_shop
    }

    /// Checks what must not be shown where it is wrong: the command line's own checks quote the value. Returns what is wrong.
    pub fn check(&self) -> Result<(), String> {
        match &self.push_token {
            Some(token) if token.chars().count() < TOKEN_MIN => Err(format!("--push-token: must have {TOKEN_MIN} characters at least")),
            Some(token) if !token.chars().all(|letter| letter.is_ascii_graphic()) => {
                Err("--push-token: must be of visible ASCII characters, as no other can be sent in a header".into())
            }
            _ => Ok(()),
        }
    }

    /// How long a session lasts without use; `None` where only its absolute end counts.
    pub fn session_idle(&self) -> Option<Duration> {
        (!self.session_idle.is_zero()).then_some(self.session_idle)
    }

    /// Whether browsers reach the site over TLS, the program's own or a proxy's.
    pub fn is_secure(&self) -> bool {
        self.tls_cert.is_some() || self.public_url.as_ref().is_some_and(PublicUrl::is_secure)
    }
}

fn keep_alive(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|keep_alive| match KEEP_ALIVE.contains(&keep_alive) {
        true => Ok(keep_alive),
        false => Err("must be from 100ms to 1h".into()),
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be more than 0s".into()),
        Ok(duration) if duration > DURATION_MAX => Err("must be at most 100y".into()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error} (such as 500ms, 30s or 7d)")),
    }
}

fn duration_or_0(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { duration(text) }
}

fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count)).ok_or_else(|| format!("must be a number from 1 to {COUNT_MAX}"))
}

fn count_or_0(text: &str) -> Result<usize, String> {
    if text == "0" { Ok(0) } else { count(text).map_err(|error| format!("{error}, or 0")) }
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
    address.or_else(|_| text.parse()).map_err(|_| "must be an address or a network, such as 10.0.0.0/8".into())
}
