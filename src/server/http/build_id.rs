//! The build's id: tells a page that the server has been replaced by another build since the page was loaded.

use leptos::prelude::LeptosOptions;
use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::OnceLock,
    time::UNIX_EPOCH,
};

/// The id of this build, the same in all instances that run it. It changes with the version and with what pages load (the site's files
/// of hashes, one for each bundle); where there is no such file, with the binary.
pub fn build_id(options: &LeptosOptions) -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        if let Ok(binary) = std::env::current_exe() {
            let hashes = hash_files(&binary, &options.hash_file);
            hashes.hash(&mut hasher);
            if hashes.is_empty() {
                let modified = fs::metadata(binary).and_then(|file| file.modified()).ok();
                modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).hash(&mut hasher);
            }
        }
        format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
    })
}

/// What stands in the files of hashes beside the binary: `hash.txt`, and `hash-wire.txt` for the bundle of that name.
fn hash_files(binary: &Path, main: &str) -> BTreeMap<String, Vec<u8>> {
    let Some((stem, extension)) = main.rsplit_once('.') else { return BTreeMap::new() };
    let files = binary.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let named = files.filter_map(|file| Some((file.file_name().into_string().ok()?, file.path())));
    let of_hashes = named.filter(|(name, _)| name.starts_with(stem) && name.ends_with(extension));
    of_hashes.filter_map(|(name, path)| Some((name, fs::read(path).ok()?))).collect()
}
