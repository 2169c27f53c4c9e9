//! `orderwire set-password`.

use super::password;
use crate::server::{settings::Database, sse::CommitNotifier, startup_error::StartupError, store::Store};

/// Asks for a password and gives it to the user. Running servers find the event in the log and end the user's streams.
pub async fn run(username: &str, database: &Database) -> Result<(), StartupError> {
    let password = password::read()?;
    let store = Store::open_existing(database.url(), CommitNotifier::default()).await?;
    store.set_password(username, &password).await?;
    println!("{username} has another password; their sessions have ended");
    Ok(())
}
