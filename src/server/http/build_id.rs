//! The build's id: tells a page that the server has been replaced by another build since the page was loaded.

use leptos::prelude::LeptosOptions;
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    sync::OnceLock,
    time::UNIX_EPOCH,
};

/// The id of this build, the same in all instances that run it. It changes with the version and with what a page loads (the site's file
/// of hashes); in a development build, which has no such file, with the binary.
pub fn build_id(options: &LeptosOptions) -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        if let Ok(binary) = std::env::current_exe() {
            match fs::read(binary.with_file_name(&*options.hash_file)) {
                Ok(hashes) => hashes.hash(&mut hasher),
                Err(_) => {
                    let modified = fs::metadata(binary).and_then(|file| file.modified()).ok();
                    modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).hash(&mut hasher);
                }
            }
        }
        format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
    })
}
