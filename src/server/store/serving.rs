//! Who serves a SQLite file: one process at a time. Commands such as `orderwire remove-user` work beside it.

use super::{
    database::{Database, Location, OpenError},
    private_files::FILE_MODE,
};
use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
};

/// Takes the lock of the file `<database>.lock`, which the kernel frees when the process is gone, however it went. `None` for PostgreSQL,
/// which any number may serve.
pub(super) fn lock(location: &Location) -> Result<Option<File>, OpenError> {
    if location.database == Database::Postgres {
        return Ok(None);
    }
    let failed = |error| OpenError::Lock(location.name(), error);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(location.beside("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::Served(location.name())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
