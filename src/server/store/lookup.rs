//! Look-ups of what each request and each stream begins with: its session, and its user.
//!
//! Who looks up while a look-up is under way waits for the next, which finds for all of them, in one statement. Promise: an answer was read
//! after it was asked for, so it is never stale.

use super::{
    connections::{Connections, in_time, stopping},
    database::Database,
    error::StoreError,
};
use crate::server::clock::epoch_ms;
use sqlx::{Row, any::AnyRow};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot};

/// Keys in one statement.
const KEYS_MAX: usize = 256;

/// Those that wait for the next statement; further ones wait in their own requests.
const WAITING_MAX: usize = 1_024;

/// A row, shared by all who have asked for it.
type Found = Result<Option<Arc<AnyRow>>, StoreError>;

/// The look-ups of a store.
pub(super) struct Lookups {
    /// Sessions that have not ended, by the id of their row: then their data and their absolute end.
    pub sessions: Lookup,
    /// Sessions that have not ended and whose user is there, by their handle.
    pub handles: Lookup,
    /// Users, by their name: then their role and the hash of their password.
    pub users: Lookup,
}

/// Finds rows by a text that no two of them have.
pub(super) struct Lookup(mpsc::Sender<(String, oneshot::Sender<Found>)>);

impl Lookups {
    pub fn start(database: Database, accounts: &Connections) -> Self {
        let among = database.among(database.texts());
        let start = |statement, timed| Lookup::start(accounts.clone(), statement, timed);
        Self {
            sessions: start(format!("SELECT id, data, expires_at FROM sessions WHERE id {among} AND ends_at > $2"), true),
            handles: start(
                format!(
                    "SELECT handle FROM sessions WHERE handle {among} AND ends_at > $2 \
                     AND EXISTS (SELECT 1 FROM users WHERE users.username = sessions.username)"
                ),
                true,
            ),
            users: start(format!("SELECT username, role, password_hash FROM users WHERE username {among}"), false),
        }
    }
}

impl Lookup {
    /// `statement` finds rows whose first column is among the texts of the JSON array `$1`; where it is `timed`, at the time `$2`, milliseconds
    /// since 1970.
    fn start(connections: Connections, statement: String, timed: bool) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(answer(Reader { connections, statement, timed }, receiver));
        Self(sender)
    }

    /// The row of that key, if there is one. No key has a NUL: PostgreSQL would refuse the whole statement.
    pub async fn find(&self, key: &str) -> Found {
        let (sender, found) = oneshot::channel();
        self.0.send((key.to_owned(), sender)).await.map_err(|_| stopping())?;
        found.await.map_err(|_| stopping())?
    }
}

struct Reader {
    connections: Connections,
    statement: String,
    timed: bool,
}

async fn answer(reader: Reader, mut waiting: mpsc::Receiver<(String, oneshot::Sender<Found>)>) {
    let mut asked = Vec::new();
    while waiting.recv_many(&mut asked, KEYS_MAX).await > 0 {
        // Who has given up needs no answer.
        asked.retain(|(_, sender)| !sender.is_closed());
        if asked.is_empty() {
            continue;
        }
        let rows = in_time(reader.read(asked.iter().map(|(key, _)| key.as_str()).collect())).await;
        for (key, sender) in asked.drain(..) {
            // Likewise.
            let _ = sender.send(rows.as_ref().map(|rows| rows.get(&key).cloned()).map_err(Clone::clone));
        }
    }
}

impl Reader {
    async fn read(&self, keys: HashSet<&str>) -> Result<HashMap<String, Arc<AnyRow>>, StoreError> {
        let (keys, now) = (serde_json::to_string(&keys)?, epoch_ms());
        let query = || {
            let query = sqlx::query(&self.statement).bind(&keys);
            if self.timed { query.bind(now) } else { query }
        };
        let rows = self.connections.rows(query).await?;
        rows.into_iter().map(|row| Ok((row.try_get(0)?, Arc::new(row)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::server::{sse::CommitNotifier, store::Store};
    use futures::future::join_all;

    /// More at once than fit one statement.
    #[tokio::test]
    async fn each_of_many_who_look_up_at_once_gets_the_row_that_it_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/lookup.db", folder.path().display());
        let store = Store::open(&url, CommitNotifier::default()).await.unwrap();
        store.add_demo_users(false).await.unwrap();
        let names = ["ada", "nobody", "grace", "ops"];
        let find = |number: usize| store.account(names[number % names.len()]);
        let found = join_all((0..4 * super::KEYS_MAX).map(find)).await;
        for (number, account) in found.into_iter().enumerate() {
            let (name, account) = (names[number % names.len()], account.unwrap());
            assert_eq!(account.map(|account| account.user.username), (name != "nobody").then(|| name.to_owned()));
        }
        store.remove_user("ada").await.unwrap();
        assert!(store.account("ada").await.unwrap().is_none(), "what was read before is no answer");
    }
}
