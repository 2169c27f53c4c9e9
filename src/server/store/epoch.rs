//! The log's epoch: how a new one begins, and whether a SQLite file is still in the one that it was served in last.

use super::{
    continuity::{Mark, NO_NONCE, fresh_epoch, read, write},
    error::StoreError,
    handle::Store,
    health::Part,
    private_files::FILE_MODE,
};
use sqlx::Row;
use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path, sync::LazyLock};

impl Store {
    /// Begins a new epoch: every cursor gets a `resync`. With `instead_of`, only if that is the epoch still: of several instances that
    /// notice the same, one begins it. Returns the epoch that there is then.
    pub async fn begin_epoch(&self, instead_of: Option<&str>) -> Result<String, StoreError> {
        self.watched(Part::Writer, async {
            let mut change = self.change().await?;
            if instead_of.is_some_and(|old| old != change.log.epoch) {
                let epoch = change.log.epoch.clone();
                return change.finish(Ok(epoch)).await;
            }
            let epoch = fresh_epoch();
            let old = std::mem::replace(&mut change.log.epoch, epoch.clone());
            change.rewrites_log = true;
            let sequence = change.log.head;
            let written = change.write_log().await;
            change.finish(written).await?;
            self.continuity.file(&Mark { epoch: epoch.clone(), sequence, nonce: NO_NONCE });
            tracing::warn!(old, new = epoch, "the log has begun a new epoch: every reader fetches what it shows anew");
            self.notifier.notify();
            Ok(epoch)
        })
        .await
    }

    /// Holds a SQLite log against the file beside it, before it is served; begins a new epoch where they do not agree.
    pub(super) async fn hold_against_file(&self, path: &Path) -> Result<(), StoreError> {
        let unusable = |error: io::Error| StoreError::Internal(format!("{}: {error}", path.display()));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path).map_err(unusable)?;
        let kept = read(&file);
        let sequence = kept.as_ref().map_or(0, |kept| kept.sequence);
        let now = self.pages.rows(|| sqlx::query(&STATE).bind(sequence)).await?;
        let row = now.first().ok_or_else(|| StoreError::Internal("the log has no state".into()))?;
        let (epoch, head, filed, nonce): (String, i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let goes_on = match &kept {
            // Made before there was such a file, or restored somewhere else.
            None => filed == 0,
            Some(kept) => kept.epoch == epoch && kept.sequence <= head && ([nonce, kept.nonce].contains(&NO_NONCE) || nonce == kept.nonce),
        };
        let epoch = if goes_on { epoch } else { self.begin_epoch(None).await? };
        let last = self.pages.rows(|| sqlx::query(&STATE).bind(head)).await?;
        let nonce = last.first().map_or(Ok(NO_NONCE), |row| row.try_get(3))?;
        write(&file, &Mark { epoch, sequence: head, nonce }).and_then(|()| file.sync_all()).map_err(unusable)?;
        if filed == 0 {
            self.writer.execute(|| sqlx::query("UPDATE log SET epoch_filed = 1")).await?;
        }
        self.continuity.keep_file(file);
        Ok(())
    }
}

static STATE: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT epoch, head, epoch_filed, COALESCE((SELECT nonce FROM events WHERE sequence = $1), {NO_NONCE}) FROM log")
});
