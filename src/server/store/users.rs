//! Users, who can sign in. Passwords are kept as Argon2id hashes; computing one takes a core some 30 ms on purpose, so no more of
//! them run at once than there are cores, away from the threads that serve.

use super::{connections::stopping, error::StoreError, handle::Store, health::Part, transaction::Change};
use crate::{
    model::user::{Role, USERNAME_MAX, User, valid_name},
    server::{clock::now, sse::Audience},
};
use sqlx::Row;
use std::sync::LazyLock;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// The users of `--demo`. Their password is `demo`.
pub const DEMO_USERS: [(&str, Role); 3] = [("ada", Role::Customer), ("grace", Role::Customer), ("ops", Role::Staff)];

/// Their password, which everybody knows.
const DEMO_PASSWORD: &str = "demo";

/// The longest password that is looked at, in bytes.
const PASSWORD_MAX: usize = 1_024;

static HASHING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// A user, and what a session is bound to: when the hash changes, sessions made under the old one end.
#[derive(Clone, Debug)]
pub struct Account {
    pub user: User,
    pub password_hash: String,
}

impl Store {
    /// The user of that name and password; `None` if there is none. Takes as long for a name that does not exist.
    pub async fn authenticate(&self, username: &str, password: String) -> Result<Option<Account>, StoreError> {
        /// What an unknown name's password is held against.
        static NOBODY: LazyLock<String> = LazyLock::new(|| password_auth::generate_hash("nobody"));
        if password.len() > PASSWORD_MAX {
            return Ok(None);
        }
        let account = self.account(username).await?;
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let right = hashing(move || password_auth::verify_password(password, hash.as_deref().unwrap_or(&NOBODY)).is_ok()).await?;
        Ok(account.filter(|_| right))
    }

    /// The user of that name.
    pub async fn account(&self, username: &str) -> Result<Option<Account>, StoreError> {
        if !valid_name(username) {
            return Ok(None);
        }
        self.watched(Part::Accounts, async {
            let query = || sqlx::query("SELECT username, role, password_hash FROM users WHERE username = $1").bind(username);
            let rows = self.accounts.rows(query).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            let role: String = row.try_get(1)?;
            let role = Role::parse(&role).ok_or_else(|| StoreError::Internal(format!("{username} has the unknown role {role}")))?;
            Ok(Some(Account { user: User { username: row.try_get(0)?, role }, password_hash: row.try_get(2)? }))
        })
        .await
    }

    /// Adds a user. A name that is taken is refused, and so is one under which there are orders: they were somebody else's.
    pub async fn add_user(&self, username: &str, role: Role, password: String) -> Result<(), StoreError> {
        if !valid_name(username) {
            return Err(StoreError::invalid(format!(
                "{username:?} cannot be a user name: 1 to {USERNAME_MAX} of a-z, 0-9, '-', '_' and '.', a letter first"
            )));
        }
        if password.is_empty() || password.len() > PASSWORD_MAX {
            return Err(StoreError::invalid(format!("a password has 1 to {PASSWORD_MAX} bytes")));
        }
        let hash = hashing(move || password_auth::generate_hash(password)).await?;
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.add_user(username, role, hash).await;
            change.finish(outcome).await
        })
        .await
    }

    /// Removes a user: no session of theirs is good any more, and every instance ends their streams. Orders stay.
    /// Events and notifications addressed to them go, so that whoever gets the name later does not read them.
    pub async fn remove_user(&self, username: &str) -> Result<(), StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.remove_user(username).await;
            change.finish(outcome).await
        })
        .await
    }

    /// Adds the demo's users where they are missing. One who was removed and has left orders stays away.
    pub async fn add_demo_users(&self) -> Result<(), StoreError> {
        for (username, role) in DEMO_USERS {
            if self.account(username).await?.is_none() {
                match self.add_user(username, role, DEMO_PASSWORD.into()).await {
                    // Another instance may have been quicker.
                    Err(error @ StoreError::Conflict(_)) => {
                        if self.account(username).await?.is_none() {
                            tracing::warn!("demo: {error}");
                        }
                    }
                    added => added?,
                }
            }
        }
        Ok(())
    }

    /// The name of a demo user that still has the password of the demo: whoever knows the demo could sign in.
    pub async fn user_with_demo_password(&self) -> Result<Option<&'static str>, StoreError> {
        for (username, _) in DEMO_USERS {
            if self.account(username).await?.is_some() && self.authenticate(username, DEMO_PASSWORD.into()).await?.is_some() {
                return Ok(Some(username));
            }
        }
        Ok(None)
    }

    /// Refuses a name that nobody has; `field` is the argument that gave it.
    pub(super) async fn must_exist(change: &mut Change, username: &str, field: &'static str) -> Result<(), StoreError> {
        let found: i64 = match valid_name(username) {
            true => sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE username = $1").bind(username).fetch_one(change.db()).await?,
            false => 0,
        };
        match found {
            1 => Ok(()),
            _ => Err(StoreError::not_found(format!("there is no user {username:?}")).at(field)),
        }
    }
}

impl Change {
    async fn add_user(&mut self, username: &str, role: Role, hash: String) -> Result<(), StoreError> {
        let add = "INSERT INTO users (username, role, password_hash, created_at, since_position) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (username) DO NOTHING";
        let add = sqlx::query(add).bind(username).bind(role.as_str()).bind(hash).bind(now()).bind(self.log.head);
        if add.execute(self.db()).await?.rows_affected() == 0 {
            return Err(StoreError::conflict(format!("there is a user {username} already")));
        }
        let orders = sqlx::query("SELECT order_id FROM orders WHERE customer = $1 LIMIT 1").bind(username);
        match orders.fetch_optional(self.db()).await? {
            Some(_) => Err(StoreError::conflict(format!("{username} was somebody who has orders here; take another name"))),
            None => Ok(()),
        }
    }

    async fn remove_user(&mut self, username: &str) -> Result<(), StoreError> {
        let removed = sqlx::query("DELETE FROM users WHERE username = $1").bind(username).execute(self.db()).await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::not_found(format!("there is no user {username}")));
        }
        for of_theirs in [
            "DELETE FROM notifications WHERE audience = $1",
            "DELETE FROM notification_reads WHERE username = $1",
            "UPDATE events SET audience = '' WHERE audience = $1",
        ] {
            sqlx::query(of_theirs).bind(username).execute(self.db()).await?;
        }
        self.append(&Audience::SessionsEnded(username.into()), "session.ended", "{}".into(), None);
        Ok(())
    }
}

async fn hashing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let core = HASHING.acquire().await.map_err(|_| stopping())?;
    // The work goes on when its caller has gone away, and holds its core until it ends.
    let work = move || {
        let _core = core;
        work()
    };
    spawn_blocking(work).await.map_err(|error| StoreError::Internal(error.to_string()))
}
