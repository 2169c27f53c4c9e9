//! The Makefile's recipes, and their small forms.

use super::plain;
use std::process::Output;

/// Runs `make` with these arguments.
pub fn make(arguments: &[&str]) -> Output {
    plain("make").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

/// What a program printed, which has to have succeeded.
pub fn stdout(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The last command of a target's recipe, with all that make puts into it.
pub fn recipe(arguments: &[&str]) -> String {
    let output = stdout(make(&[&["--dry-run"], arguments].concat()));
    output.lines().last().unwrap().to_owned()
}

/// A command in its small form. What is replaced has to be there.
pub fn small(command: &str, replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(command.to_owned(), |command, (from, to)| {
        assert!(command.contains(from), "no {from:?} in {command:?}");
        command.replacen(from, to, 1)
    })
}
