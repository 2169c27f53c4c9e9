//! What the browser suite promises of one tab's connection: offline, bfcache, resync, snapshot and stream, restart, wire, stream limits.

use super::{
    super::{
        input::Input,
        report::{ConnectionState, RetryReason},
    },
    tab::id,
    world::World,
};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600_000;

#[test]
fn what_happens_while_a_browser_is_offline_shows_when_it_is_back() {
    let mut world = World::open(1);
    world.online = false;
    world.press(0, Input::WentOffline);
    assert_eq!((world.tabs[0].shown, world.streams()), (ConnectionState::Offline, 0));
    world.append();
    world.append();
    world.pass(HOUR);
    assert!(world.tabs[0].applied.is_empty());
    world.online = true;
    world.press(0, Input::WentOnline);
    assert_eq!(world.tabs[0].shown, ConnectionState::CaughtUp(2));
    world.expect_each(&[0], 1..=2);
    world.pass(7 * SECOND);
    assert_eq!(world.tabs[0].shown, ConnectionState::Live, "it is shown for a while");
}

#[test]
fn a_break_without_a_network_shows_offline_and_waits_for_nothing() {
    let mut world = World::open(1);
    world.online = false;
    world.cut();
    assert_eq!((world.tabs[0].shown, world.tabs[0].timer.is_none()), (ConnectionState::Offline, true));
}

#[test]
fn a_page_that_is_left_holds_nothing_and_catches_up_when_it_is_back() {
    let mut world = World::open(1);
    world.press(0, Input::PageHidden);
    assert_eq!((world.streams(), world.tabs[0].lock.is_none()), (0, true), "else it would not be kept");
    world.append();
    world.append();
    assert_eq!(world.tabs[0].states.last(), Some(&ConnectionState::Opening), "it never looks live");
    world.press(0, Input::PageRestored);
    assert_eq!(world.tabs[0].shown, ConnectionState::CaughtUp(2));
    assert_eq!(world.tabs[0].asked, 2);
    world.append();
    world.expect_each(&[0], 1..=3);
}

#[test]
fn who_has_signed_out_meanwhile_is_not_shown_the_page() {
    let mut world = World::open(1);
    world.press(0, Input::PageHidden);
    world.server.session = None;
    world.press(0, Input::PageRestored);
    world.pass(SECOND);
    assert_eq!(world.tabs[0].shown, ConnectionState::SignedOut);
    for input in
        [Input::Retry, Input::Disconnect, Input::PageHidden, Input::PageRestored, Input::WentOffline, Input::WentOnline, Input::Checked]
    {
        world.press(0, input);
        assert_eq!((world.tabs[0].shown, world.streams()), (ConnectionState::SignedOut, 0));
    }
}

#[test]
fn a_page_that_was_away_for_longer_than_events_are_kept_is_brought_up_to_date() {
    let mut world = World::open(1);
    world.append();
    world.server.is_up = false;
    world.cut();
    world.append();
    world.append();
    (world.server.floor, world.server.is_up) = (3, true);
    world.press(0, Input::Retry);
    assert_eq!((world.tabs[0].shown, world.tabs[0].resynced), (ConnectionState::Live, 1));
    assert_eq!(world.tabs[0].cursor, id(3));
    world.append();
    assert_eq!((&world.tabs[0].applied[..], world.tabs[0].resynced), (&[1, 4][..], 1), "it goes on from there");
}

#[test]
fn a_page_of_another_log_is_brought_up_to_date_and_shares_under_the_new_epoch() {
    let mut world = World::open(2);
    world.append();
    (world.server.epoch, world.server.log) = ("f".into(), vec![]);
    world.cut();
    world.pass(3 * SECOND);
    for tab in &world.tabs {
        assert_eq!((tab.shown, tab.resynced), (ConnectionState::Live, 1));
        assert_eq!(tab.lock.as_ref().map(|lock| lock.epoch.as_str()), Some("f"));
    }
    assert_eq!(world.streams(), 1);
}

#[test]
fn a_snapshot_of_before_what_the_page_shows_is_not_taken() {
    let mut world = World::open(1);
    world.append();
    world.append();
    world.server.serves_none = true;
    world.server.log.pop();
    world.cut();
    world.pass(3 * SECOND);
    assert_eq!((world.tabs[0].cursor.clone(), world.tabs[0].resynced), (id(2), 0));
}

#[test]
fn a_server_that_knows_nobody_signs_the_page_out() {
    let mut world = World::open(1);
    world.server.is_up = false;
    world.cut();
    (world.server.session, world.server.is_up) = (None, true);
    world.pass(3 * SECOND);
    assert_eq!(world.tabs[0].shown, ConnectionState::SignedOut);
}

#[test]
fn what_happens_between_the_page_and_its_stream_shows_exactly_once() {
    let mut world = World::open(0);
    world.append();
    world.server.holds = true;
    world.open_tab();
    assert_eq!((world.tabs[0].shown, world.tabs[0].asked), (ConnectionState::Opening, 1));
    (0..4).for_each(|_| world.append());
    world.now += 1;
    world.server.holds = false;
    world.settle();
    assert_eq!(world.tabs[0].shown, ConnectionState::CaughtUp(4));
    world.append();
    world.expect_each(&[0], 2..=6);
}

#[test]
fn a_server_that_crashes_costs_a_moment_and_no_event() {
    let mut world = World::open(1);
    world.server.is_up = false;
    world.cut();
    assert!(matches!(world.tabs[0].waits(), Some((_, RetryReason::Broken))));
    (0..3).for_each(|_| world.append());
    world.server.is_up = true;
    world.pass(3 * SECOND);
    assert_eq!(world.tabs[0].shown, ConnectionState::CaughtUp(3));
    world.append();
    world.expect_each(&[0], 1..=4);
}

#[test]
fn a_connection_that_the_user_closes_stays_closed_and_resumes_past_the_last_event() {
    let mut world = World::open(1);
    world.append();
    world.press(0, Input::Disconnect);
    world.append();
    world.append();
    for input in [Input::PageHidden, Input::PageRestored, Input::WentOffline, Input::WentOnline, Input::Checked] {
        world.press(0, input);
        world.pass(HOUR);
        assert_eq!((world.tabs[0].shown, world.streams()), (ConnectionState::Disconnected, 0));
    }
    assert_eq!(world.tabs[0].received.len(), 2);
    world.press(0, Input::Retry);
    assert_eq!(world.tabs[0].received[2], ("e-1".into(), "connected".into()), "it is opened at the position where it was closed");
    assert_eq!(world.tabs[0].received.len(), 5);
    assert_eq!(world.tabs[0].shown, ConnectionState::CaughtUp(2));
    world.expect_each(&[0], 1..=3);
}

#[test]
fn a_refusal_is_asked_for_its_reason_and_waits_as_long_as_the_server_asks() {
    for (status, why) in [(429, RetryReason::TooMany), (503, RetryReason::Busy), (502, RetryReason::Broken)] {
        let mut world = World::open(1);
        world.server.refuses = Some((status, 20_000));
        world.cut();
        world.pass(3 * SECOND);
        world.pass(200);
        let (seconds, reason) = world.tabs[0].waits().unwrap();
        assert_eq!(reason, why);
        assert!(seconds > 20, "{seconds}");
        world.server.refuses = None;
        world.pass(30 * SECOND);
        world.expect_live(0);
    }
}

#[test]
fn a_session_that_ends_ends_the_connection() {
    let mut world = World::open(1);
    let generation = world.tabs[0].sources[0].generation;
    world.press(0, Input::Said { generation, id: String::new(), kind: "session.ended".into(), data: String::new() });
    assert_eq!((world.tabs[0].shown, world.streams()), (ConnectionState::SignedOut, 0));
}

#[test]
fn console_stats_are_shown_and_move_nothing() {
    let mut world = World::open(1);
    world.append();
    let generation = world.tabs[0].sources[0].generation;
    // A browser gives an event without an id the id of the one before.
    world.press(0, Input::Said { generation, id: "e-1".into(), kind: "streams".into(), data: "{}".into() });
    assert_eq!((world.tabs[0].stats, world.tabs[0].cursor.clone()), (1, id(1)));
}
