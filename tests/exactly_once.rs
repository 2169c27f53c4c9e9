//! Invariant 3: connections are cut at random bytes, the program is killed in between, and each client receives exactly what was committed
//! for its user, in order.
//!
//! The seed is printed; `SEED=… cargo test --features ssr --test exactly_once` repeats its random choices. `make soak` runs the same for
//! ten minutes.

mod common;

use common::{
    Program,
    checker::{self, Anomalies, Plan, Until, judge},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_3_each_client_receives_exactly_what_was_committed_for_its_user_in_order() {
    let plan = Plan {
        seed: checker::seed(),
        customers: 6,
        staff: 2,
        clients_each: 4,
        until: Until::Cuts(2_000),
        cuts_between_faults: 200..600,
        progress_every: None,
    };
    let report = checker::run(plan, &mut Program::start(&checker::FLAGS)).await;
    println!("{report}");
    assert_eq!(report.anomalies, Anomalies::default());
    assert!(report.faults >= 2 && report.events > 1_000, "too little to prove anything");
}

/// The verdict finds each kind of anomaly.
#[test]
fn every_anomaly_is_counted() {
    let meant = [(1, 10), (3, 30), (4, 40)];
    let verdict = |seen: &[(i64, u64)]| judge(seen, &meant);
    assert_eq!(verdict(&meant), Anomalies::default());
    assert_eq!(verdict(&[(1, 10), (4, 40)]), Anomalies { lost: 1, ..Anomalies::default() });
    assert_eq!(verdict(&[(1, 10), (3, 30), (3, 30), (4, 40)]), Anomalies { repeated: 1, ..Anomalies::default() });
    assert_eq!(verdict(&[(3, 30), (1, 10), (4, 40)]), Anomalies { out_of_order: 1, ..Anomalies::default() });
    assert_eq!(verdict(&[(1, 10), (2, 20), (3, 30), (4, 40)]), Anomalies { foreign: 1, ..Anomalies::default() });
    assert_eq!(verdict(&[(1, 10), (3, 31), (4, 40)]), Anomalies { foreign: 1, ..Anomalies::default() });
}
