//! What the browser suite promises of several tabs: leader election, tabs.

use super::{
    super::{
        input::Input,
        report::{ConnectionState, RetryReason},
        tab_message::{Greeting, TabMessage},
    },
    tab::{KEEP_ALIVE_MS, Tab, id},
    world::World,
};

const SECOND: u64 = 1_000;

#[test]
fn ten_tabs_are_live_by_one_stream_and_each_shows_each_event_once() {
    let mut world = World::open(10);
    (0..5).for_each(|_| world.append());
    world.pass(2 * KEEP_ALIVE_MS);
    world.expect_each(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1..=5);
    assert_eq!(world.streams(), 1);
}

/// The wire page's button, in the tab that leads (a browser's queue then grants the lead to another, here to the same) and in one that follows.
#[test]
fn the_lead_is_moved_on_request_and_nothing_is_lost_or_repeated() {
    for tab in [0, 2] {
        let mut world = World::open(3);
        world.append();
        world.press(tab, Input::ChangeLeader);
        world.append();
        assert!(tab == 0 || world.tabs[tab].leads());
        world.expect_each(&[0, 1, 2], 1..=2);
        assert_eq!(world.streams(), 1);
    }
    // Alone, it leads again.
    let mut world = World::open(1);
    world.press(0, Input::ChangeLeader);
    world.append();
    world.expect_each(&[0], 1..=1);
    assert!(world.tabs[0].leads());
}

#[test]
fn nothing_is_lost_or_repeated_when_the_leader_is_closed_while_events_come() {
    let mut world = World::open(4);
    (0..3).for_each(|_| world.append());
    world.server.log.push(String::new());
    world.close_tab(0);
    world.append();
    world.server.log.push(String::new());
    world.close_tab(1);
    world.append();
    world.expect_each(&[2, 3], 1..=7);
    assert_eq!(world.streams(), 1);
}

#[test]
fn a_tab_that_was_rendered_before_what_the_leader_has_told_catches_up_and_interrupts_nobody() {
    let mut world = World::open(1);
    (0..3).for_each(|_| world.append());
    world.tabs[0].states.clear();
    let late = world.open_tab_at(id(0));
    assert_eq!(world.tabs[late].applied, [1, 2, 3]);
    world.append();
    world.expect_each(&[0, late], 1..=4);
    assert_eq!((world.streams(), &world.tabs[0].states[..]), (1, &[][..]), "the leader was live all the while");
}

#[test]
fn where_the_server_has_no_room_for_a_second_stream_the_first_makes_way() {
    let mut world = World::open(1);
    (0..3).for_each(|_| world.append());
    world.server.holds = true;
    let late = world.open_tab_at(id(0));
    let beside = world.tabs[0].sources[1].generation;
    world.input(0, Input::Failed { generation: beside, refused: true });
    assert_eq!((world.tabs[0].sources.len(), world.tabs[0].sources[0].after.clone()), (1, id(0)));
    world.server.holds = false;
    world.settle();
    world.expect_each(&[0, late], 1..=3);
}

#[test]
fn a_tab_that_the_user_disconnects_lets_another_lead_and_misses_nothing() {
    let mut world = World::open(2);
    world.press(0, Input::Disconnect);
    (0..3).for_each(|_| world.append());
    world.expect_each(&[1], 1..=3);
    assert!(world.tabs[0].applied.is_empty());
    world.press(0, Input::Retry);
    world.append();
    world.expect_each(&[0, 1], 1..=4);
    assert_eq!(world.streams(), 1);
}

#[test]
fn a_leader_that_hangs_is_relieved_and_follows_when_it_wakes() {
    let mut world = World::open(2);
    world.tabs[0].hangs = true;
    world.append();
    world.append();
    assert!(world.tabs[1].applied.is_empty());
    // It is missed after more than two keep-alives, and relieved when it does not answer for ten seconds.
    world.pass(3 * KEEP_ALIVE_MS);
    world.pass(13 * SECOND);
    world.expect_each(&[1], 1..=2);
    assert!(world.tabs[1].leads());
    world.wake(0);
    world.append();
    world.expect_each(&[0, 1], 1..=3);
    assert_eq!(world.streams(), 1, "it has given its stream up");
}

#[test]
fn when_the_server_is_gone_all_say_so_and_each_can_have_it_tried_again() {
    let mut world = World::open(3);
    world.server.is_up = false;
    world.cut();
    (0..3).for_each(|_| world.append());
    world.pass(3 * SECOND);
    for tab in &world.tabs {
        assert!(matches!(tab.waits(), Some((_, RetryReason::Broken))), "{:?}", tab.shown);
    }
    world.server.is_up = true;
    world.press(2, Input::Retry);
    world.append();
    world.expect_each(&[0, 1, 2], 1..=4);
    assert_eq!(world.streams(), 1);
}

#[test]
fn all_tabs_of_a_leader_that_waits_come_back_by_themselves() {
    let mut world = World::open(3);
    world.server.is_up = false;
    world.cut();
    world.append();
    world.server.is_up = true;
    world.pass(3 * SECOND);
    world.expect_each(&[0, 1, 2], 1..=1);
    assert_eq!(world.streams(), 1);
}

#[test]
fn another_user_of_this_browser_hears_nothing_and_ends_the_first_ones_page() {
    let mut world = World::open(1);
    world.tabs.push(Tab::new("grace", id(0)));
    world.server.session = Some("grace".into());
    world.press(1, Input::Started);
    assert!(world.tabs[1].leads() && world.tabs[0].leads(), "each leads the tabs of one user");
    world.cut();
    world.pass(3 * SECOND);
    world.pass(SECOND);
    assert_eq!(world.tabs[0].shown, ConnectionState::SignedOut);
    assert_eq!(world.tabs[1].shown, ConnectionState::Live);
}

#[test]
fn a_snapshot_of_another_user_is_not_shown() {
    let mut world = World::open(1);
    world.server.serves_none = true;
    world.cut();
    world.server.holds = true;
    world.press(0, Input::Retry);
    world.server.holds = false;
    // The stream is still hers, the session is not.
    let generation = world.tabs[0].sources[0].generation;
    world.input(0, Input::Said { generation, id: String::new(), kind: "resync".into(), data: String::new() });
    world.server.session = Some("grace".into());
    world.settle();
    assert_eq!((world.tabs[0].shown, world.tabs[0].resynced), (ConnectionState::SignedOut, 0));
}

#[test]
fn a_browser_without_locks_has_a_stream_for_each_tab() {
    let mut world = World::open(0);
    world.has_locks = false;
    (0..3).for_each(|_| _ = world.open_tab());
    assert_eq!(world.streams(), 3);
    world.append();
    world.append();
    world.expect_each(&[0, 1, 2], 1..=2);
    assert!(world.tabs.iter().all(|tab| tab.posted.is_empty()));
}

#[test]
fn a_session_that_ends_in_one_tab_ends_all() {
    let mut world = World::open(2);
    world.server.session = None;
    let generation = world.tabs[0].sources[0].generation;
    world.press(0, Input::Said { generation, id: String::new(), kind: "session.ended".into(), data: String::new() });
    world.pass(SECOND);
    assert!(world.tabs.iter().all(|tab| tab.shown == ConnectionState::SignedOut));
}

#[test]
fn the_tab_that_signs_out_may_be_gone_before_it_could_tell() {
    let mut world = World::open(2);
    world.server.session = None;
    world.close_tab(0);
    world.pass(SECOND);
    assert_eq!(world.tabs[1].shown, ConnectionState::SignedOut);
}

#[test]
fn a_follower_takes_no_event_until_it_is_told_that_the_connection_is_open_where_it_is() {
    let mut world = World::open(1);
    world.append();
    world.tabs[0].hangs = true;
    let late = world.open_tab_at(id(0));
    let generation = world.tabs[late].lock.as_ref().unwrap().generation;
    let received =
        |past, next: i64| TabMessage::Received { past: id(past), id: id(next).to_string(), kind: "notification".into(), data: "{}".into() };
    world.press(late, Input::TabMessage { generation, message: received(1, 2) });
    assert!(world.tabs[late].applied.is_empty());
    world.pass(13 * SECOND);
    assert_eq!(world.tabs[late].applied, [1], "and an event that is not for it is no answer: it leads by now");
}

#[test]
fn a_follower_that_is_told_of_a_later_position_than_its_own_is_not_live_and_joins_again() {
    let mut world = World::open(1);
    world.append();
    world.tabs[0].hangs = true;
    let late = world.open_tab_at(id(0));
    let generation = world.tabs[late].lock.as_ref().unwrap().generation;
    let greeting = Greeting { data: "{}".into(), opened: String::new(), ahead: 0 };
    world.input(late, Input::TabMessage { generation, message: TabMessage::Live { past: id(1), greeting } });
    assert_eq!((world.tabs[late].shown, &world.tabs[late].posted[..]), (ConnectionState::Opening, &[TabMessage::Join(id(0))][..]));
}

#[test]
fn a_tab_that_gets_the_lead_while_it_fetches_its_snapshot_waits_for_it() {
    let mut world = World::open(2);
    world.append();
    world.server.serves_none = true;
    world.server.holds = true;
    world.cut();
    world.pass(3 * SECOND);
    let source = &mut world.tabs[0].sources[0];
    source.sent = Some(id(1));
    let generation = source.generation;
    world.input(0, Input::Connected { generation, id: "none-0".into(), data: String::new(), opened: String::new(), opened_ms: None });
    world.settle();
    world.press(0, Input::Said { generation, id: "e-1".into(), kind: "resync".into(), data: String::new() });
    assert!(world.tabs[0].fetch.is_some());
    let asked = world.tabs[1].asked;
    if world.tabs[1].fetch.is_some() {
        world.close_tab(0);
        assert!(world.tabs[1].leads());
        assert_eq!(world.tabs[1].asked, asked, "it would only be told to fetch again");
    }
    (world.server.holds, world.server.serves_none) = (false, false);
    world.settle();
    assert_eq!((world.tabs[1].shown, world.tabs[1].resynced), (ConnectionState::Live, 1));
}
