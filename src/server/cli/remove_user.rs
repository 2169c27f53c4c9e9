//! `orderwire remove-user`.

use crate::server::{settings::Database, sse::CommitNotifier, startup_error::StartupError, store::Store};

/// Removes the user. Running servers find the event in the log and end the user's streams.
pub async fn run(username: &str, database: &Database) -> Result<(), StartupError> {
    let store = Store::open_existing(database.url(), CommitNotifier::default()).await?;
    store.remove_user(username).await?;
    println!("removed {username}; their streams have ended");
    Ok(())
}
