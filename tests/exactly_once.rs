//! Invariant 3, whatever breaks: lines are cut at random bytes, the program is killed in between, and each reader sees exactly what was
//! committed for its user, in order.
//!
//! The seed is printed; `SEED=… cargo test --features ssr --test exactly_once` replays its dice. `make soak` is the same for ten minutes.

mod common;

use common::{
    Program,
    checker::{self, Faults, Lasts, Plan, judge},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reader_sees_exactly_what_was_committed_for_it_in_order() {
    let plan = Plan {
        seed: checker::seed(),
        customers: 6,
        staff: 2,
        readers_each: 4,
        lasts: Lasts::Cuts(2_000),
        between_falls: 200..600,
        say_every: None,
    };
    let report = checker::run(plan, &mut Program::start(&checker::FLAGS)).await;
    println!("{report}");
    assert_eq!(report.faults, Faults::default());
    assert!(report.falls >= 2 && report.events > 1_000, "too little to prove anything");
}

/// The verdict itself, which would otherwise be trusted to find nothing.
#[test]
fn every_fault_of_a_reader_is_counted() {
    let meant = [(1, 10), (3, 30), (4, 40)];
    let faults = |seen: &[(i64, u64)]| judge(seen, &meant);
    assert_eq!(faults(&meant), Faults::default());
    assert_eq!(faults(&[(1, 10), (4, 40)]), Faults { lost: 1, ..Faults::default() });
    assert_eq!(faults(&[(1, 10), (3, 30), (3, 30), (4, 40)]), Faults { repeated: 1, ..Faults::default() });
    assert_eq!(faults(&[(3, 30), (1, 10), (4, 40)]), Faults { out_of_order: 1, ..Faults::default() });
    assert_eq!(faults(&[(1, 10), (2, 20), (3, 30), (4, 40)]), Faults { foreign: 1, ..Faults::default() });
    assert_eq!(faults(&[(1, 10), (3, 31), (4, 40)]), Faults { foreign: 1, ..Faults::default() });
}
