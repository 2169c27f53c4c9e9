//! Flashes: what became of a form, kept until its page is rendered next, for some minutes at most.
//!
//! Promise: of several renderings, one gets a flash ([`Store::take_flash`]).

use super::{connections::Connections, error::StoreError, handle::Store, health::Part};
use crate::{
    model::flash::Flash,
    server::clock::{epoch_ms, millis},
};
use sqlx::{Row, any::AnyRow};
use std::time::Duration;
use uuid::Uuid;

/// How long a flash is kept: a person may have to sign in first.
pub const FLASH_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What a browser's cookie leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TakenFlash {
    pub flash: Option<Flash>,
    /// Whether there is more, for other pages or other users.
    pub more: bool,
}

impl Store {
    /// Keeps a flash of the browser `id` for the next rendering of `page` (a path), in place of an earlier one. Only `username` is shown it;
    /// with an empty name, whoever uses that browser.
    pub async fn keep_flash(&self, id: Uuid, page: &str, username: &str, flash: &Flash) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO flashes (id, page, username, data, expires_at) VALUES ($1, $2, $3, $4, $5) \
                            ON CONFLICT (id, page) DO UPDATE \
                            SET username = excluded.username, data = excluded.data, expires_at = excluded.expires_at";
        let (id, data) = (id.simple().to_string(), serde_json::to_string(flash)?);
        let expires_at = epoch_ms().saturating_add(millis(FLASH_LIFETIME));
        let (part, connections) = self.for_flashes();
        let keep = || sqlx::query(KEEP).bind(&id).bind(page).bind(username).bind(&data).bind(expires_at);
        self.watched(part, connections.execute(keep)).await?;
        Ok(())
    }

    /// Takes the flash of the browser `id` for this page and this user (empty: nobody is signed in).
    pub async fn take_flash(&self, id: Uuid, page: &str, username: &str) -> Result<TakenFlash, StoreError> {
        let id = id.simple().to_string();
        let find = || {
            let find = "SELECT page, username, data FROM flashes WHERE id = $1 AND expires_at > $2";
            sqlx::query(find).bind(&id).bind(epoch_ms())
        };
        let rows = self.watched(Part::Accounts, self.accounts.rows(find)).await?;
        let is_ours = |row: &AnyRow| {
            let (of, whose): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            Ok::<_, StoreError>(of == page && (whose.is_empty() || whose == username))
        };
        let mut taken = TakenFlash::default();
        for row in rows {
            if !is_ours(&row)? {
                taken.more = true;
                continue;
            }
            let data: String = row.try_get(2)?;
            let (part, connections) = self.for_flashes();
            let delete = || sqlx::query("DELETE FROM flashes WHERE id = $1 AND page = $2").bind(&id).bind(page);
            // Whoever deletes the row shows it: two renderings may have read it.
            if self.watched(part, connections.execute(delete)).await? == 1 {
                taken.flash = serde_json::from_str(&data).ok();
            }
        }
        Ok(taken)
    }

    /// Deletes all flashes of the browser `id`.
    pub async fn forget_flashes(&self, id: Uuid) -> Result<(), StoreError> {
        let id = id.simple().to_string();
        let (part, connections) = self.for_flashes();
        let delete = || sqlx::query("DELETE FROM flashes WHERE id = $1").bind(&id);
        self.watched(part, connections.execute(delete)).await?;
        Ok(())
    }

    /// Deletes the flashes that nobody came for.
    pub async fn trim_flashes(&self) -> Result<u64, StoreError> {
        let (part, connections) = self.for_flashes();
        let delete = || sqlx::query("DELETE FROM flashes WHERE expires_at <= $1").bind(epoch_ms());
        self.watched(part, connections.execute(delete)).await
    }

    /// SQLite has one writer, and flashes wait for it in line like everybody.
    fn for_flashes(&self) -> (Part, &Connections) {
        if self.is_shared() { (Part::Accounts, &self.accounts) } else { (Part::Writer, &self.writer) }
    }
}
