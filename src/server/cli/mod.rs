//! The command line: `orderwire` serves, `orderwire <command>` does one thing and ends.
//!
//! Promise: whatever cannot be done is one clear line on standard error and exit 2.

mod add_user;
mod end_sessions;
mod list_users;
mod new_epoch;
mod password;
mod remove_user;
mod set_password;

use super::{
    serve::serve,
    settings::{Database, Settings},
    startup_error::StartupError,
    telemetry::log,
};
use clap::{Parser, Subcommand};

/// A live order dashboard over server-sent events.
#[derive(Clone, Debug, Parser)]
#[command(name = "orderwire", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

/// What the program can do besides serving.
#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Add a user; the password, of 8 characters at least, is read from the terminal, or from standard input
    AddUser {
        /// Lower-case letters, digits, '-', '_' and '.'; a letter first
        username: String,
        /// May see and move the orders of all customers
        #[arg(long)]
        staff: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Give a user another password, read as with add-user; their sessions and streams end at once, in a running server too
    SetPassword {
        username: String,
        #[command(flatten)]
        database: Database,
    },
    /// End a user's sessions; their streams end at once, in a running server too
    EndSessions {
        username: String,
        #[command(flatten)]
        database: Database,
    },
    /// List the users: name, role, when they were added, and how many sessions they have
    ListUsers {
        #[command(flatten)]
        database: Database,
    },
    /// Remove a user; their streams end at once, in a running server too
    RemoveUser {
        username: String,
        #[command(flatten)]
        database: Database,
    },
    /// Begin a new epoch of the log, after a PostgreSQL was restored from a backup while no instance ran: every reader fetches its page anew
    NewEpoch {
        #[command(flatten)]
        database: Database,
    },
}

/// Reads the command line and does what it says.
pub async fn run() {
    let cli = read();
    log::to_stderr(cli.settings.log_format);
    let done = match cli.command {
        None => serve(cli.settings).await,
        Some(command) => execute(command).await,
    };
    if let Err(error) = done {
        refuse(&error.to_string());
    }
}

async fn execute(command: Command) -> Result<(), StartupError> {
    match command {
        Command::AddUser { username, staff, database } => add_user::run(&username, staff, &database).await,
        Command::SetPassword { username, database } => set_password::run(&username, &database).await,
        Command::EndSessions { username, database } => end_sessions::run(&username, &database).await,
        Command::ListUsers { database } => list_users::run(&database).await,
        Command::RemoveUser { username, database } => remove_user::run(&username, &database).await,
        Command::NewEpoch { database } => new_epoch::run(&database).await,
    }
}

/// `--help` and `--version` print and exit 0; a wrong flag or value is one line and exit 2.
fn read() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        // clap's first paragraph is the error; the next ones are usage.
        let text = error.to_string();
        let first: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        refuse(&format!("{} (see orderwire --help)", first.join(" ").trim_start_matches("error: ")))
    })
}

/// One line on standard error, exit 2.
fn refuse(line: &str) -> ! {
    eprintln!("orderwire: {}", line.replace(['\r', '\n'], " "));
    std::process::exit(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::rate::Rate;
    use clap::CommandFactory;
    use std::time::Duration;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn the_defaults_are_the_contracts() {
        Cli::command().debug_assert();
        let settings = Cli::parse_from(["orderwire"]).settings;
        assert_eq!(settings.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.database_url(), "sqlite://data/orderwire.db");
        assert_eq!(Cli::parse_from(["orderwire", "--demo"]).settings.database_url(), "sqlite://data/demo.db");
        assert_eq!(Cli::parse_from(["orderwire", "--demo-shop"]).settings.database_url(), "sqlite://data/demo.db");
        let given = Cli::parse_from(["orderwire", "--demo", "--database-url", "sqlite://data/orderwire.db"]).settings;
        assert_eq!(given.database_url(), "sqlite://data/orderwire.db");
        assert_eq!(settings.keep_alive, Duration::from_secs(30));
        assert_eq!(settings.retry, Duration::from_secs(3));
        assert_eq!(settings.max_streams_per_user, 20);
        assert_eq!((settings.session, settings.session_idle()), (DAY * 7, Some(DAY * 3)));
        let limited = |rate: &str| rate.parse().unwrap();
        assert_eq!(
            (settings.sign_in_rate, settings.order_rate, settings.push_rate),
            (limited("10/15m"), limited("60/1m"), Rate::Unlimited)
        );
        assert_eq!(Cli::parse_from(["orderwire", "--session-idle=0"]).settings.session_idle(), None);
        assert_eq!(settings.history, Duration::from_secs(7 * 24 * 3600));
        assert!(settings.push_token.is_none() && !settings.is_demo());
    }

    #[test]
    fn a_duration_or_a_count_out_of_bounds_is_refused() {
        for flag in [
            "--keep-alive=0s",
            "--keep-alive=99ms",
            "--keep-alive=3601s",
            "--retry=soon",
            "--history=-1d",
            "--history=101y",
            "--session=99999999999999y",
            "--session-idle=-1d",
            "--sign-in-rate=10",
            "--order-rate=0/1m",
            "--push-rate=100/0s",
        ] {
            assert!(Cli::try_parse_from(["orderwire", flag]).is_err(), "{flag}");
        }
        for flag in ["--max-streams=0", "--max-streams-per-user=0", "--max-streams=99999999999999999999", "--max-streams=many"] {
            assert!(Cli::try_parse_from(["orderwire", flag]).is_err(), "{flag}");
        }
        for flag in ["--history=100y", "--keep-alive=100ms", "--keep-alive=1h", "--max-connections-per-address=0", "--max-streams=1"] {
            assert!(Cli::try_parse_from(["orderwire", flag]).is_ok(), "{flag}");
        }
    }
}
