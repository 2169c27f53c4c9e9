//! Users, who can sign in, with a name, a role and a password's hash.

use super::{error::StoreError, handle::Store, health::Part, order_list::has_orders, password_hashing, transaction::Change};
use crate::{
    model::user::{DEMO_PASSWORD, Role, USERNAME_MAX, User, valid_name},
    server::{
        clock::{epoch_ms, now},
        sse::Audience,
    },
};
use sqlx::{Row, any::AnyRow};

/// The users of `--demo`. Their password is [`DEMO_PASSWORD`].
pub const DEMO_USERS: [(&str, Role); 3] = [("ada", Role::Customer), ("grace", Role::Customer), ("ops", Role::Staff)];

/// More customers of `--demo-shop`, with the same password.
pub const DEMO_SHOP_CUSTOMERS: [&str; 3] = ["barbara", "edsger", "margaret"];

/// A user, and what a session is bound to: when the hash changes, sessions made under the old one end.
#[derive(Clone, Debug)]
pub struct Account {
    pub user: User,
    pub password_hash: String,
}

/// A user, as the list of all has them.
#[derive(Clone, Debug)]
pub struct Listed {
    pub user: User,
    /// RFC 3339.
    pub created_at: String,
    /// Those that have not ended.
    pub sessions: i64,
}

impl Store {
    /// The user of that name.
    pub async fn account(&self, username: &str) -> Result<Option<Account>, StoreError> {
        if !valid_name(username) {
            return Ok(None);
        }
        let Some(row) = self.watched(Part::Accounts, self.lookups.users.find(username)).await? else { return Ok(None) };
        Ok(Some(Account { user: user(&row)?, password_hash: row.try_get(2)? }))
    }

    /// All users, by name, each with when they were added and how many sessions they have.
    pub async fn users(&self) -> Result<Vec<Listed>, StoreError> {
        self.watched(Part::Accounts, async {
            let users = "SELECT username, role, created_at, \
                         (SELECT COUNT(*) FROM sessions WHERE sessions.username = users.username AND ends_at > $1) \
                         FROM users ORDER BY username";
            let rows = self.accounts.rows(|| sqlx::query(users).bind(epoch_ms())).await?;
            rows.iter().map(|row| Ok(Listed { user: user(row)?, created_at: row.try_get(2)?, sessions: row.try_get(3)? })).collect()
        })
        .await
    }

    /// The names of users that stand after `after`, in their order, at most so many.
    pub async fn usernames(&self, after: &str, at_most: usize) -> Result<Vec<String>, StoreError> {
        self.watched(Part::Pages, async {
            let limit = i64::try_from(at_most).unwrap_or(i64::MAX);
            let names = "SELECT username FROM users WHERE username > $1 ORDER BY username LIMIT $2";
            let rows = self.pages.rows(|| sqlx::query(names).bind(after).bind(limit)).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        })
        .await
    }

    /// Adds a user. A name that is taken is refused, and so is one under which there are orders: they were somebody else's.
    pub async fn add_user(&self, username: &str, role: Role, password: &str) -> Result<(), StoreError> {
        if !valid_name(username) {
            return Err(StoreError::invalid(format!(
                "{username:?} cannot be a user name: 1 to {USERNAME_MAX} of a-z, 0-9, '-', '_' and '.', a letter first"
            )));
        }
        password_hashing::check(password)?;
        self.add(username, role, password).await
    }

    async fn add(&self, username: &str, role: Role, password: &str) -> Result<(), StoreError> {
        let hash = password_hashing::hash(password).await?;
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

    /// Adds the demo's users where they are missing; with `shop`, the shop's as well. One who was removed and has left orders stays away.
    pub async fn add_demo_users(&self, shop: bool) -> Result<(), StoreError> {
        for (username, role) in all_demo_users().take(if shop { usize::MAX } else { DEMO_USERS.len() }) {
            if self.account(username).await?.is_none() {
                match self.add(username, role, DEMO_PASSWORD).await {
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
            return Err(StoreError::conflict(format!("a user named {username} already exists")));
        }
        let database = self.database();
        match has_orders(self.db(), database, username).await? {
            true => Err(StoreError::conflict(format!("{username} belonged to somebody who has orders here; choose another name"))),
            false => Ok(()),
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
            "DELETE FROM sessions WHERE username = $1",
        ] {
            sqlx::query(of_theirs).bind(username).execute(self.db()).await?;
        }
        self.rewrites_log = true;
        self.append(&Audience::SessionsEnded(username.into()), "session.ended", "{}".into(), None);
        Ok(())
    }
}

/// Everybody whom a demo may have added, those of `--demo` first.
pub(super) fn all_demo_users() -> impl Iterator<Item = (&'static str, Role)> {
    DEMO_USERS.into_iter().chain(DEMO_SHOP_CUSTOMERS.map(|username| (username, Role::Customer)))
}

/// The user of a row that begins with name and role.
fn user(row: &AnyRow) -> Result<User, StoreError> {
    let (username, role): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let role = Role::parse(&role).ok_or_else(|| StoreError::Internal(format!("{username} has the unknown role {role}")))?;
    Ok(User { username, role })
}
