//! The people who can sign in. Passwords are kept as Argon2id hashes; working one out takes a core some 30 ms on purpose, so no more of
//! them run at once than there are cores, away from the threads that serve.

use super::{Audience, Store, now};
use crate::model::{
    error::{Error, Kind},
    user::{Role, USERNAME_MAX, User, valid_name},
};
use sqlx::Row;
use std::sync::LazyLock;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// The people of `--demo`. Their password is `demo`.
pub const DEMO_PEOPLE: [(&str, Role); 3] = [("ada", Role::Customer), ("grace", Role::Customer), ("ops", Role::Staff)];

/// The longest password that is looked at, in bytes.
const PASSWORD_MAX: usize = 1_024;

static HASHING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// A person and what a session is bound to: when the hash changes, sessions made under the old one end.
#[derive(Clone, Debug)]
pub struct Account {
    pub user: User,
    pub password_hash: String,
}

impl Store {
    /// The person of that name and password; `None` if there is none. Takes as long for a name that does not exist.
    pub async fn authenticate(&self, username: &str, password: String) -> Result<Option<Account>, Error> {
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

    /// The person of that name.
    pub async fn account(&self, username: &str) -> Result<Option<Account>, Error> {
        if !valid_name(username) {
            return Ok(None);
        }
        let row = sqlx::query("SELECT username, role, password_hash FROM users WHERE username = $1")
            .bind(username)
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let role: String = row.try_get(1)?;
        let role = Role::parse(&role).ok_or_else(|| Error::new(Kind::Internal, format!("{username} has the unknown role {role}")))?;
        Ok(Some(Account { user: User { username: row.try_get(0)?, role }, password_hash: row.try_get(2)? }))
    }

    /// Adds a person. A name that is taken is refused, and so is one under which there are orders: they were somebody else's.
    pub async fn add_user(&self, username: &str, role: Role, password: String) -> Result<(), Error> {
        if !valid_name(username) {
            return Err(Error::invalid(format!(
                "{username:?} cannot be a user name: 1 to {USERNAME_MAX} of a-z, 0-9, '-', '_' and '.', a letter first"
            )));
        }
        if password.is_empty() || password.len() > PASSWORD_MAX {
            return Err(Error::invalid(format!("a password has 1 to {PASSWORD_MAX} bytes")));
        }
        let orders: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM orders WHERE customer = $1").bind(username).fetch_one(&self.reader).await?;
        if orders > 0 && self.account(username).await?.is_none() {
            return Err(Error::new(Kind::Conflict, format!("{username} was somebody who has orders here; take another name")));
        }
        let hash = hashing(move || password_auth::generate_hash(password)).await?;
        let added = sqlx::query(
            "INSERT INTO users (username, role, password_hash, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (username) DO NOTHING",
        )
        .bind(username)
        .bind(role.as_str())
        .bind(hash)
        .bind(now())
        .execute(&self.writer)
        .await?;
        match added.rows_affected() {
            0 => Err(Error::new(Kind::Conflict, format!("there is a user {username} already"))),
            _ => Ok(()),
        }
    }

    /// Removes a person: no session of theirs is good any more, and every instance ends their streams. Orders stay.
    /// Events and notifications addressed to them go, so that whoever gets the name later does not read them.
    pub async fn remove_user(&self, username: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let removed = sqlx::query("DELETE FROM users WHERE username = $1").bind(username).execute(change.db()).await?;
        if removed.rows_affected() == 0 {
            return Err(Error::new(Kind::NotFound, format!("there is no user {username}")));
        }
        for of_theirs in [
            "DELETE FROM notifications WHERE audience = $1",
            "DELETE FROM notification_reads WHERE username = $1",
            "UPDATE events SET audience = '' WHERE audience = $1",
        ] {
            sqlx::query(of_theirs).bind(username).execute(change.db()).await?;
        }
        change.append(&Audience::SessionsEnded(username.into()), "session.ended", "{}", None).await?;
        change.commit().await
    }

    /// Adds the demo's people where they are missing. One who was removed and has left orders stays away.
    pub async fn add_demo_people(&self) -> Result<(), Error> {
        for (username, role) in DEMO_PEOPLE {
            if self.account(username).await?.is_none() {
                match self.add_user(username, role, "demo".into()).await {
                    // Another instance may have been quicker.
                    Err(error) if error.kind == Kind::Conflict => {
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

    /// Refuses a name that nobody has; `field` is the argument that gave it.
    pub(super) async fn must_exist(change: &mut super::Change<'_>, username: &str, field: &str) -> Result<(), Error> {
        let found: i64 = match valid_name(username) {
            true => sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE username = $1").bind(username).fetch_one(change.db()).await?,
            false => 0,
        };
        match found {
            1 => Ok(()),
            _ => Err(Error::new(Kind::NotFound, format!("there is no user {username:?}")).at(field)),
        }
    }
}

async fn hashing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let busy = |_| Error::new(Kind::Unavailable, "the server is stopping");
    let core = HASHING.acquire().await.map_err(busy)?;
    // The work goes on when its caller has gone away, and holds its core until it ends.
    let work = move || {
        let _core = core;
        work()
    };
    spawn_blocking(work).await.map_err(|error| Error::new(Kind::Internal, error.to_string()))
}
