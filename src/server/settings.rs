//! Settings: flags with environment twins. The doc comments here are what `orderwire --help` prints.

use clap::{Args, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// A live order dashboard over server-sent events.
#[derive(Clone, Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub settings: Settings,
}

/// What the program can do besides serving.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Add a person; the password is read from the terminal, or from standard input
    AddUser {
        /// Lower-case letters, digits, '-', '_' and '.'; a letter first
        username: String,
        /// May see and move everybody's orders
        #[arg(long)]
        staff: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Remove a person; their streams end at once, in a running server too
    RemoveUser {
        username: String,
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Clone, Debug, Args)]
pub struct Database {
    /// Where people, orders and the log are kept: sqlite://<path>, or postgres://<user>:<password>@<host>/<database> for several instances
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, default_value = "sqlite://data/orderwire.db")]
    pub database_url: String,
}

#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Address to listen on
    #[arg(long, env = "ORDERWIRE_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    #[command(flatten)]
    pub database: Database,

    /// Rings the bell between instances that share a database, and takes what others put into its stream push.events
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,

    /// What this instance is called where people see which one holds a stream [default: the host's name]
    #[arg(long, env = "ORDERWIRE_INSTANCE")]
    pub instance: Option<String>,

    /// Bearer token for POST /api/push; without one the route is off
    #[arg(long, env = "ORDERWIRE_PUSH_TOKEN", hide_env_values = true)]
    pub push_token: Option<String>,

    /// Silence after which a stream says that it is alive
    #[arg(long, env = "ORDERWIRE_KEEP_ALIVE", default_value = "30s", value_parser = positive)]
    pub keep_alive: Duration,

    /// How long a browser waits before it opens a broken stream again
    #[arg(long, env = "ORDERWIRE_RETRY", default_value = "3s", value_parser = positive)]
    pub retry: Duration,

    /// Streams that one user may hold open; one more is answered 429
    #[arg(long, env = "ORDERWIRE_MAX_STREAMS_PER_USER", default_value_t = 20)]
    pub max_streams_per_user: usize,

    /// Streams in all; one more is answered 503
    #[arg(long, env = "ORDERWIRE_MAX_STREAMS", default_value_t = 20_000)]
    pub max_streams: usize,

    /// How long events are kept for readers that come back
    #[arg(long, env = "ORDERWIRE_HISTORY", default_value = "7d", value_parser = positive)]
    pub history: Duration,

    /// How long a sign-in lasts
    #[arg(long, env = "ORDERWIRE_SESSION", default_value = "7d", value_parser = positive)]
    pub session: Duration,

    /// Add demo people (ada, grace: customers; ops: staff; password: demo) and show them on the sign-in page
    #[arg(long, env = "ORDERWIRE_DEMO")]
    pub demo: bool,

    /// TLS certificate chain (PEM); needs --tls-key
    #[arg(long, env = "ORDERWIRE_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// TLS private key (PEM); needs --tls-cert
    #[arg(long, env = "ORDERWIRE_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

fn positive(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be more than nothing".into()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error} (such as 500ms, 30s or 7d)")),
    }
}

impl Cli {
    /// The settings of this run. What cannot be taken is one clear line on standard error and exit 2; `--help` and `--version` print and exit 0.
    pub fn read() -> Cli {
        Cli::try_parse().unwrap_or_else(|error| {
            if !error.use_stderr() {
                error.exit();
            }
            // The first paragraph says it; what follows there is advice on how flags are written.
            let text = error.to_string();
            let said: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            refuse(&format!("{} (see orderwire --help)", said.join(" ").trim_start_matches("error: ")))
        })
    }
}

/// Ends the program for a setting that cannot be taken: one line on standard error, exit 2.
pub fn refuse(line: &str) -> ! {
    eprintln!("orderwire: {}", line.replace(['\r', '\n'], " "));
    std::process::exit(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_defaults_are_the_contracts() {
        Cli::command().debug_assert();
        let settings = Cli::parse_from(["orderwire"]).settings;
        assert_eq!(settings.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.database.database_url, "sqlite://data/orderwire.db");
        assert_eq!(settings.keep_alive, Duration::from_secs(30));
        assert_eq!(settings.retry, Duration::from_secs(3));
        assert_eq!(settings.max_streams_per_user, 20);
        assert_eq!(settings.history, Duration::from_secs(7 * 24 * 3600));
        assert!(settings.push_token.is_none() && !settings.demo);
    }

    #[test]
    fn a_duration_of_nothing_is_refused() {
        for flag in ["--keep-alive=0s", "--retry=soon", "--history=-1d"] {
            assert!(Cli::try_parse_from(["orderwire", flag]).is_err(), "{flag}");
        }
    }
}
