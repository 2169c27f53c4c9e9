//! `orderwire new-epoch`.

use crate::server::{settings::Database, sse::CommitNotifier, startup_error::StartupError, store::Store};

/// Begins a new epoch of the log: each cursor gets a `resync`, in a running server too.
pub async fn run(database: &Database) -> Result<(), StartupError> {
    let store = Store::open_existing(database.url(), CommitNotifier::default()).await?;
    let epoch = store.begin_epoch(None).await?;
    println!("the log begins the epoch {epoch}");
    Ok(())
}
