//! Runs the fuzzers' corpus through the functions that `make fuzz` calls with generated input.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::{fs, path::Path};

#[test]
fn every_cursor_reads_back_as_itself_or_is_refused() {
    replay("cursor", fuzz::cursor);
}

#[test]
fn every_push_is_one_event_or_refused_in_one_line() {
    replay("push_body", fuzz::push_body);
}

fn replay(target: &str, run: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        println!("{}", file.display());
        run(&fs::read(file).unwrap());
    }
}
