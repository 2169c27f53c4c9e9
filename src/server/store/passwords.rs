//! Passwords: signing in by one, and changing one.
//!
//! Promise: a new password and the end of the sessions that were made under the old one are one transaction.

use super::{
    error::StoreError,
    handle::Store,
    health::Part,
    password_hashing::{self, Verified},
    transaction::Change,
    users::{Account, all_demo_users},
};
use crate::model::user::DEMO_PASSWORD;

impl Store {
    /// The user of that name and password; `None` if there is none. Takes as long for a name that does not exist.
    pub async fn authenticate(&self, username: &str, password: &str) -> Result<Option<Account>, StoreError> {
        let account = self.account(username).await?;
        let hash = account.as_ref().map(|account| account.password_hash.as_str());
        let verified = password_hashing::verify(password, hash).await?;
        match account {
            Some(account) if verified == Verified::Right => Ok(Some(account)),
            Some(account) if verified == Verified::AsTyped => self.replace_password(account, password, None).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Gives a user another password, and ends their sessions and streams but for the session `own`. A conflict where somebody else has done
    /// so since `account` was read.
    pub async fn change_password(&self, account: Account, new: &str, own: &str) -> Result<Account, StoreError> {
        password_hashing::check(new)?;
        self.replace_password(account, new, Some(own)).await
    }

    /// Gives a user another password, whatever it was, and ends all of their sessions and streams.
    pub async fn set_password(&self, username: &str, new: &str) -> Result<(), StoreError> {
        password_hashing::check(new)?;
        let hash = password_hashing::hash(new).await?;
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.set_password(username, &hash).await;
            change.finish(outcome).await
        })
        .await
    }

    /// The name of a demo user that still has the password of the demo: whoever knows the demo could sign in.
    pub async fn user_with_demo_password(&self) -> Result<Option<&'static str>, StoreError> {
        for (username, _) in all_demo_users() {
            if self.account(username).await?.is_some() && self.authenticate(username, DEMO_PASSWORD).await?.is_some() {
                return Ok(Some(username));
            }
        }
        Ok(None)
    }

    async fn replace_password(&self, account: Account, new: &str, own: Option<&str>) -> Result<Account, StoreError> {
        let hash = password_hashing::hash(new).await?;
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            let outcome = change.replace_password(&account, &hash, own).await;
            change.finish(outcome).await
        })
        .await?;
        Ok(Account { password_hash: hash, ..account })
    }
}

impl Change {
    async fn set_password(&mut self, username: &str, hash: &str) -> Result<(), StoreError> {
        Store::must_exist(self, username, "username").await?;
        let set = sqlx::query("UPDATE users SET password_hash = $1 WHERE username = $2").bind(hash).bind(username);
        set.execute(self.db()).await?;
        self.end_sessions_of(username).await
    }

    async fn replace_password(&mut self, account: &Account, hash: &str, own: Option<&str>) -> Result<(), StoreError> {
        let username = &account.user.username;
        let replace = sqlx::query("UPDATE users SET password_hash = $1 WHERE username = $2 AND password_hash = $3");
        let replaced = replace.bind(hash).bind(username).bind(&account.password_hash).execute(self.db()).await?;
        if replaced.rows_affected() == 0 {
            return Err(StoreError::conflict("the password has just been changed elsewhere; sign in again"));
        }
        match own {
            Some(own) => self.end_other_sessions(username, own).await,
            None => self.end_sessions_of(username).await,
        }
    }
}
