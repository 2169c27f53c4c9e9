//! `orderwire list-users`.

use crate::{
    model::user::USERNAME_MAX,
    server::{settings::Database, sse::CommitNotifier, startup_error::StartupError, store::Store},
};
use std::io::{ErrorKind, Write, stdout};

/// Prints one line for each user, by name: name, role, when they were added, sessions that have not ended.
pub async fn run(database: &Database) -> Result<(), StartupError> {
    let store = Store::open_existing(database.url(), CommitNotifier::default()).await?;
    let mut lines = format!("{:USERNAME_MAX$} {:8} {:24} {}\n", "name", "role", "added", "sessions");
    for listed in store.users().await? {
        let (name, role) = (listed.user.username, listed.user.role.as_str());
        lines += &format!("{name:USERNAME_MAX$} {role:8} {:24} {}\n", listed.created_at, listed.sessions);
    }
    match stdout().write_all(lines.as_bytes()) {
        // Whoever reads them, `head` say, has enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(StartupError::Output),
    }
}
