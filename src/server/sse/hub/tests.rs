//! The hub's promises, without a socket or a database.

use super::{replay_buffer::RECENT, *};
use crate::model::user::Role;
use futures::FutureExt;

fn hub() -> Hub {
    Hub::new("e".into(), 10, Limits { per_user: 2, in_all: 3 })
}

fn user(username: &str, role: Role) -> User {
    User { username: username.into(), role }
}

fn event(sequence: i64, audience: Audience) -> Logged {
    Logged { sequence, audience, kind: "notification".into(), data: "{}".into() }
}

fn sequences(subscription: &Subscription, cursor: i64) -> Option<Vec<i64>> {
    subscription.after(cursor).map(|frames| frames.iter().map(|wire| wire.sequence).collect())
}

async fn end(subscription: &mut Subscription) -> Option<CloseReason> {
    match subscription.wait().await {
        Wake::CloseReason(end) => Some(end),
        _ => None,
    }
}

#[tokio::test]
async fn what_passes_reaches_staff_and_only_the_latest() {
    let hub = hub();
    let mut ada = hub.open(Uuid::new_v4(), &user("ada", Role::Customer), "s", "test").unwrap();
    assert!(!hub.is_watched());
    hub.pass("old".into());
    let mut ops = hub.open(Uuid::new_v4(), &user("ops", Role::Staff), "s", "test").unwrap();
    hub.pass("new".into());
    assert!(matches!(ops.wait().await, Wake::Passing(wire) if wire == "new"));
    assert!(ada.wait().now_or_never().is_none());
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_alone() {
    let hub = hub();
    let (ada, cut) = (user("ada", Role::Customer), Uuid::new_v4());
    let mut gone = hub.open(cut, &ada, "s", "Firefox").unwrap();
    let mut other = hub.open(Uuid::new_v4(), &ada, "s", "curl").unwrap();
    hub.deliver(vec![event(11, Audience::Everyone)], 11);
    gone.is_at(11);
    let mut present: Vec<_> = hub.present(9).into_iter().map(|present| (present.browser, present.behind)).collect();
    present.sort();
    assert_eq!(present, [("Firefox".into(), Some(0)), ("curl".into(), Some(1))]);
    assert_eq!(hub.present(1).len(), 1);
    assert!(hub.cut(cut) && !hub.cut(cut));
    assert_eq!(end(&mut gone).await, Some(CloseReason::Cut));
    assert_eq!(other.ended(), None);
}

#[test]
fn a_feed_bears_its_users_events_and_nobody_elses() {
    let hub = hub();
    let ada = hub.open(Uuid::new_v4(), &user("ada", Role::Customer), "s1", "test").unwrap();
    let grace = hub.open(Uuid::new_v4(), &user("grace", Role::Customer), "s2", "test").unwrap();
    let ops = hub.open(Uuid::new_v4(), &user("ops", Role::Staff), "s3", "test").unwrap();
    let to = [
        Audience::User("ada".into()),
        Audience::UserAndStaff("grace".into()),
        Audience::Everyone,
        Audience::UserAndStaff("ops".into()),
        Audience::User("nobody".into()),
    ];
    hub.deliver(to.into_iter().zip(11..).map(|(audience, sequence)| event(sequence, audience)).collect(), 15);
    assert_eq!(sequences(&ada, 10), Some(vec![11, 13]));
    assert_eq!(sequences(&grace, 10), Some(vec![12, 13]));
    assert_eq!(sequences(&ops, 10), Some(vec![12, 13, 14]));
    assert_eq!(hub.head(), 15);
}

#[test]
fn who_fell_behind_the_recent_frames_is_sent_to_the_log() {
    let hub = hub();
    let subscription = hub.open(Uuid::new_v4(), &user("ada", Role::Customer), "s", "test").unwrap();
    let last = 10 + RECENT as i64 + 1;
    hub.deliver((11..=last).map(|sequence| event(sequence, Audience::Everyone)).collect(), last);
    assert_eq!(sequences(&subscription, 10), None);
    assert_eq!(sequences(&subscription, 11).map(|frames| frames.len()), Some(RECENT));
    assert_eq!(sequences(&subscription, last), Some(vec![]));
}

#[test]
fn limits_hold_and_a_seat_that_is_left_is_free_again() {
    let hub = hub();
    let ada = user("ada", Role::Customer);
    let first = hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap();
    let second = hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap();
    assert_eq!(hub.open(Uuid::new_v4(), &ada, "s", "test").err(), Some(AdmissionError::User));
    drop(first);
    let third = hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap();
    let _grace = hub.open(Uuid::new_v4(), &user("grace", Role::Customer), "s", "test").unwrap();
    assert_eq!(hub.open(Uuid::new_v4(), &user("ops", Role::Staff), "s", "test").err(), Some(AdmissionError::Full));
    drop((second, third));
    assert_eq!(hub.streams(), 1);
    assert_eq!(hub.read().feeds.len(), 1);
}

#[tokio::test]
async fn a_sessions_end_reaches_its_streams_and_no_others() {
    let hub = hub();
    let ada = user("ada", Role::Customer);
    let mut here = hub.open(Uuid::new_v4(), &ada, "here", "test").unwrap();
    let mut there = hub.open(Uuid::new_v4(), &ada, "there", "test").unwrap();
    hub.deliver(vec![event(11, Audience::Session("here".into()))], 11);
    assert_eq!(end(&mut here).await, Some(CloseReason::Session));
    assert_eq!(there.ended(), None);
    hub.deliver(vec![event(12, Audience::SessionsOf("ada".into()))], 12);
    assert_eq!(end(&mut there).await, Some(CloseReason::Session));
}

#[tokio::test]
async fn stopping_ends_every_stream_with_a_return_of_its_own() {
    let hub = hub();
    let ada = user("ada", Role::Customer);
    let mut seats = [hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap(), hub.open(Uuid::new_v4(), &ada, "s", "test").unwrap()];
    hub.stop();
    let ends = [end(&mut seats[0]).await, end(&mut seats[1]).await];
    assert!(ends.iter().all(|end| matches!(end, Some(CloseReason::Stopping(_)))));
    assert_ne!(ends[0], ends[1]);
    assert_eq!(hub.open(Uuid::new_v4(), &ada, "s", "test").err(), Some(AdmissionError::Stopping));
}
