//! Who may read a SQLite database: the user that the program runs as. There are password hashes, orders and names in it.
//!
//! Promises: a folder that the program makes is for its user alone (0700), and so is a database (0600); one that everybody may read or write
//! is closed to them. A group's rights are left, as an operator's backup may need them. SQLite gives `-wal` and `-shm` the rights of the
//! database.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, metadata, set_permissions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// The rights of a folder that the program makes.
const FOLDER_MODE: u32 = 0o700;

/// The rights of a file that the program makes.
pub(super) const FILE_MODE: u32 = 0o600;

/// The rights of everybody else than the owner and the group.
const OTHERS: u32 = 0o007;

/// What a file of SQLite begins with (Database File Format, section 1.3).
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Whether a database can be at that path: it is there, or nothing is, or an empty file.
pub(super) fn may_be_database(path: &Path) -> bool {
    let Ok(metadata) = metadata(path) else { return true };
    let mut begin = Vec::new();
    // Asked first: of a pipe, reading would not end. Whether a file that cannot be read is one is told where it is opened.
    metadata.is_file()
        && match File::open(path).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut begin)) {
            Ok(_) => begin.is_empty() || begin == MAGIC,
            Err(_) => true,
        }
}

/// Makes a folder, and those that it lies in.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
}

/// Makes the file of a SQLite database, or closes one that is there to everybody else.
pub(super) fn make_database(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)?;
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        close_to_others(Path::new(&file));
    }
    Ok(())
}

fn close_to_others(file: &Path) {
    let Ok(mode) = metadata(file).map(|metadata| metadata.permissions().mode()) else { return };
    if mode & OTHERS == 0 {
        return;
    }
    match set_permissions(file, Permissions::from_mode(mode & !OTHERS)) {
        Ok(()) => {
            tracing::warn!(file = %file.display(), "everybody on this machine could read the database; now only its owner and group can")
        }
        Err(error) => tracing::warn!(file = %file.display(), %error, "everybody on this machine can read the database"),
    }
}
