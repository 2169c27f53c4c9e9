//! What the browser suite promises of silence and of backoff.

use super::{
    super::{input::Input, report::ConnectionState},
    tab::KEEP_ALIVE_MS,
    world::World,
};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600_000;

fn silent() -> World {
    let mut world = World::open(1);
    world.append();
    world.server.is_silent = true;
    world.append();
    world
}

/// What a connection that fell silent did not bring is there, and it was opened once more.
fn expect_found_out(mut world: World) {
    world.server.is_silent = false;
    world.settle();
    assert_eq!(world.tabs[0].shown, ConnectionState::CaughtUp(1));
    assert_eq!(world.tabs[0].asked, 2);
    world.expect_each(&[0], 1..=2);
}

#[test]
fn silence_is_found_out_after_two_keep_alives() {
    let mut world = silent();
    world.pass(2 * KEEP_ALIVE_MS);
    assert_eq!((world.tabs[0].shown, world.tabs[0].asked), (ConnectionState::Live, 1), "it might still speak");
    while world.tabs[0].asked == 1 {
        world.pass(SECOND);
    }
    assert!(world.now - 1_000_000 < 3 * KEEP_ALIVE_MS);
    expect_found_out(world);
}

/// The wire page's button: the stream goes on, and the page hears nothing of it.
#[test]
fn a_page_that_was_made_to_ignore_the_stream_finds_it_out_and_misses_nothing() {
    let mut world = World::open(1);
    world.append();
    world.press(0, Input::FallSilent);
    world.append();
    world.pass(2 * KEEP_ALIVE_MS);
    assert_eq!((&world.tabs[0].applied[..], world.tabs[0].shown), (&[1][..], ConnectionState::Live), "it hears nothing");
    while world.tabs[0].asked == 1 {
        world.pass(SECOND);
    }
    assert!(world.now - 1_000_000 < 3 * KEEP_ALIVE_MS);
    expect_found_out(world);
}

/// Pressed while nothing is open, it is of no connection that comes.
#[test]
fn only_a_connection_that_is_open_can_be_ignored_or_cut() {
    let mut world = World::open(1);
    world.press(0, Input::Disconnect);
    world.press(0, Input::FallSilent);
    world.press(0, Input::Cut);
    assert_eq!(world.tabs[0].shown, ConnectionState::Disconnected);
    world.press(0, Input::Retry);
    world.append();
    world.expect_each(&[0], 1..=1);
}

#[test]
fn a_connection_that_the_user_cuts_waits_and_catches_up_in_every_tab() {
    for cut in [0, 1] {
        let mut world = World::open(2);
        world.append();
        world.press(cut, Input::Cut);
        assert!(matches!(world.tabs[cut].shown, ConnectionState::Waiting { .. }));
        world.append();
        world.pass(3 * SECOND);
        world.append();
        world.expect_each(&[0, 1], 1..=3);
        assert_eq!(world.streams(), 1);
    }
}

#[test]
fn silence_is_found_out_when_the_laptop_wakes() {
    let mut world = silent();
    world.sleep(HOUR);
    expect_found_out(world);
}

#[test]
fn silence_is_found_out_when_a_hidden_tab_is_shown() {
    let mut world = silent();
    world.now += HOUR;
    world.press(0, Input::Checked);
    expect_found_out(world);
}

#[test]
fn a_connection_that_brings_pings_and_nothing_else_is_left_alone() {
    let mut world = World::open(1);
    world.pass(20 * KEEP_ALIVE_MS);
    assert_eq!((world.tabs[0].asked, world.tabs[0].shown), (1, ConnectionState::Live));
}

#[test]
fn a_try_that_nothing_comes_of_is_given_up_and_counts() {
    let mut world = World::open(1);
    world.server.holds = true;
    world.cut();
    let first = world.tabs[0].waits().unwrap();
    world.press(0, Input::Retry);
    assert_eq!((world.tabs[0].shown, world.tabs[0].asked), (ConnectionState::Opening, 2));
    while world.tabs[0].waits().is_none() {
        world.pass(SECOND);
    }
    assert!(world.tabs[0].waits().unwrap().0 > first.0, "it counts as one more try");
    world.pass(30 * SECOND);
    assert_eq!(world.tabs[0].asked, 3, "it is tried again");
    world.server.holds = false;
    world.settle();
    world.expect_live(0);
}

/// Lets so many seconds pass, each wait to its end, and returns the waits that were shown. The count-down is checked.
fn waits(world: &mut World, seconds: u32) -> Vec<u32> {
    let mut waits = vec![];
    while waits.iter().sum::<u32>() < seconds {
        let (wait, _) = world.tabs[0].waits().expect("a count-down");
        for second in (1..=wait).rev() {
            assert_eq!(world.tabs[0].waits().map(|(seconds, _)| seconds), Some(second), "the count-down");
            let before = world.tabs[0].asked;
            world.pass(SECOND);
            assert_eq!(world.tabs[0].asked > before, second == 1, "it is tried when the wait is over, and not before");
        }
        waits.push(wait);
    }
    waits
}

/// A count-down of whole seconds is easier to follow.
fn broken(chance: f64) -> World {
    let mut world = World::open(1);
    world.chance = chance;
    world
}

#[test]
fn the_waits_for_a_server_that_is_gone_grow_and_end_when_it_is_back() {
    let mut world = broken(1.0);
    world.server.is_up = false;
    world.cut();
    assert_eq!(waits(&mut world, 120)[..6], [2, 4, 8, 16, 30, 30]);
    world.server.is_up = true;
    world.press(0, Input::Retry);
    world.expect_live(0);
}

#[test]
fn two_tabs_that_lost_the_connection_together_do_not_come_back_together() {
    let gone = |chance| {
        let mut world = broken(chance);
        world.server.is_up = false;
        world.cut();
        waits(&mut world, 60)
    };
    assert_ne!(gone(0.0), gone(1.0));
}

#[test]
fn a_stream_that_is_taken_and_ended_each_time_is_not_asked_for_again_and_again() {
    let mut world = broken(1.0);
    world.server.ends_each = true;
    world.cut();
    let waits = waits(&mut world, 300);
    assert!(waits.len() <= 25, "{waits:?}");
    assert_eq!(world.tabs[0].asked, 1 + waits.len());

    world.server.ends_each = false;
    world.press(0, Input::Retry);
    world.pass(10 * SECOND);
    world.cut();
    assert_eq!(world.tabs[0].waits().map(|(seconds, _)| seconds), Some(2), "after a connection that held, waits are short again");
}

#[test]
fn a_position_that_is_never_served_does_not_make_the_page_fetch_itself_again_and_again() {
    let mut world = broken(1.0);
    world.server.serves_none = true;
    world.cut();
    let waits = waits(&mut world, 300);
    assert!(waits.len() <= 25, "{waits:?}");
    assert_eq!(world.tabs[0].asked, 2 + waits.len(), "one for the page, and one at once with the first snapshot");
}
