//! What the program is made of: the list of third-party crates is the lock file's.

use std::{collections::BTreeSet, fs, path::Path};

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The crates of the lock file, each with its version.
fn locked() -> BTreeSet<(String, String)> {
    let lock = read("Cargo.lock");
    let field = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_matches('"').to_owned()
    };
    lock.split("[[package]]").skip(1).map(|package| (field(package, "name = "), field(package, "version = "))).collect()
}

/// The rows of THIRD-PARTY.md.
fn listed() -> BTreeSet<(String, String)> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.split(" | ").map(str::to_owned);
        Some((cells.next()?, cells.next()?))
    };
    read("THIRD-PARTY.md").lines().filter_map(row).skip(1).collect()
}

/// The crates that Cargo.toml names for the program itself.
fn direct() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let dependencies = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap().to_owned();
    dependencies.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.trim().to_owned()).collect()
}

#[test]
fn the_list_of_third_party_crates_is_the_lock_files() {
    let (locked, listed) = (locked(), listed());
    let stale: Vec<_> = listed.difference(&locked).collect();
    assert!(stale.is_empty(), "run 'make notices': {stale:?}");
    let names: BTreeSet<_> = listed.iter().map(|(name, _)| name.clone()).collect();
    let missing: Vec<_> = direct().into_iter().filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "run 'make notices': {missing:?}");
}
