//! An exhaustive search: every order of what can happen to up to three tabs of one user.
//!
//! What can happen: a tab is opened (rendered at any earlier position), closed, left and come back to; a stream opens, breaks, is refused;
//! an event is appended, the log is trimmed; a lock is granted or stolen, and heard of late; a message between tabs is delayed, doubled,
//! lost or overtaken; time passes; a tab hangs for good, with or without the lock. (One that hangs and wakes is one to which nothing
//! happens meanwhile.)
//!
//! What must hold in each state: no tab misses an event or has one twice; a tab believes that it leads only while it holds the lock or has
//! not heard yet that it was stolen; a source is open only in a tab that leads. And from each state, without a further fault, a state can
//! be reached in which each open tab that does not hang is live and has all events, and one of them leads. (Stealing the lead from a tab
//! that does not hang counts as a fault: it must not be the way out.)
//!
//! What is left out: times and counts are abstracted away (any timer may fire at once), messages in flight are bounded, and there is one
//! user and one epoch. The other tests have those.

mod explore;
mod happening;
mod machine;
mod numbers;
mod world;

use explore::explore;
use world::Bounds;

/// `e` is an event of this user, `-` one of somebody else.
fn search(tabs: usize, log: &'static str, in_flight: u32, all_faults: bool) {
    let report = explore(Bounds { tabs, log, in_flight, all_faults });
    println!("{tabs} tabs, log {log:?}, {in_flight} messages in flight, all faults: {all_faults}: {report}");
}

#[test]
fn three_tabs_and_one_event() {
    search(3, "e", 1, true);
}

#[test]
fn three_tabs_and_two_events() {
    search(3, "ee", 1, false);
}

#[test]
fn two_tabs_and_three_events() {
    search(2, "eee", 2, false);
}

#[test]
fn two_tabs_and_events_of_others() {
    search(2, "-e", 1, true);
}

/// Some minutes, and a gigabyte: `cargo test --release --features ssr --lib search -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn larger_worlds() {
    search(3, "e", 2, false);
    search(3, "eee", 1, false);
    search(3, "-e", 1, true);
    search(2, "-e-", 2, true);
}
