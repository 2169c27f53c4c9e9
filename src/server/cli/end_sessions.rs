//! `orderwire end-sessions`.

use crate::server::{settings::Database, sse::CommitNotifier, startup_error::StartupError, store::Store};

/// Ends the user's sessions. Running servers find the event in the log and end the user's streams.
pub async fn run(username: &str, database: &Database) -> Result<(), StartupError> {
    let store = Store::open_existing(database.url(), CommitNotifier::default()).await?;
    store.end_sessions(username).await?;
    println!("the sessions of {username} have ended");
    Ok(())
}
