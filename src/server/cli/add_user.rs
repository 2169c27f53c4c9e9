//! `orderwire add-user`.

use super::password;
use crate::{
    model::user::Role,
    server::{settings::Database, sse::CommitNotifier, startup_error::StartupError, store::Store},
};

/// Asks for a password and adds the user. A name that is taken is refused.
pub async fn run(username: &str, staff: bool, database: &Database) -> Result<(), StartupError> {
    let password = password::read()?;
    let role = if staff { Role::Staff } else { Role::Customer };
    let store = Store::open(database.url(), CommitNotifier::default()).await?;
    store.add_user(username, role, &password).await?;
    println!("added {username} ({})", role.as_str());
    Ok(())
}
