//! The hub's promises, without a socket or a log.

use super::{
    super::{Sink, Subscriber, Taken},
    replay_buffer::EVENTS_MAX,
    *,
};
use bytes::Bytes;
use futures::FutureExt;
use std::{collections::VecDeque, sync::Mutex};

fn bounds(epoch: &str, head: i64) -> Bounds {
    Bounds { epoch: epoch.into(), head, floor: 0 }
}

fn hub() -> Hub {
    Hub::new(&bounds("e", 10), Limits { per_user: 2, in_all: 3 }, ())
}

fn request(name: &str, groups: &[&str]) -> ConnectionRequest {
    let subscriber = Subscriber { name: name.into(), groups: groups.iter().map(|group| (*group).into()).collect() };
    ConnectionRequest {
        client: Uuid::new_v4(),
        subscriber,
        session: "s".into(),
        expires: None,
        label: "test".into(),
        opened_at: "now".into(),
    }
}

/// To fewer streams than get a batch before others have their turn.
fn deliver(hub: &Hub, events: Vec<LogEvent>, through: i64) {
    hub.deliver(events, through).now_or_never().expect("it waits");
}

fn open(hub: &Hub, name: &str, groups: &[&str]) -> Subscription {
    hub.subscribe(request(name, groups)).unwrap()
}

fn event(sequence: i64, audience: Audience) -> LogEvent {
    LogEvent { sequence, audience, kind: "notification".into(), data: "{}".into() }
}

fn user_and_staff(user: &str) -> Audience {
    Audience::UserAndGroup { user: user.into(), group: "staff".into() }
}

/// The sequences of what the stream takes from memory; `None` where it has to read the log.
fn take(subscription: &Subscription) -> Option<Vec<String>> {
    let mut taken = VecDeque::new();
    let id = |bytes: &Bytes| String::from_utf8_lossy(bytes).lines().next().unwrap().to_owned();
    match subscription.take_recent(&mut taken) {
        Recent::Events(count) => assert_eq!(count, taken.len()),
        Recent::CaughtUp => assert!(taken.is_empty()),
        Recent::NotInMemory => return None,
        Recent::Restarted(_) => panic!("the tail has started anew"),
    }
    Some(taken.iter().map(id).collect())
}

/// A sink that takes all.
#[derive(Default)]
struct Written(Mutex<Vec<Bytes>>);

impl Written {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Sink for Written {
    fn frame(&self, pieces: &[Bytes]) -> Bytes {
        pieces.concat().into()
    }

    fn try_write(&self, framed: &Bytes) -> Taken {
        self.0.lock().unwrap().push(framed.clone());
        Taken::All
    }
}

async fn close_reason(subscription: &Subscription) -> Option<CloseReason> {
    match subscription.wait().await {
        Wake::Close(reason) => Some(reason),
        _ => None,
    }
}

#[test]
fn invariant_6_a_stream_takes_its_subscribers_events_and_nobody_elses() {
    let hub = hub();
    let (ada, grace, ops) = (open(&hub, "ada", &[]), open(&hub, "grace", &[]), open(&hub, "ops", &["staff"]));
    let to =
        [Audience::User("ada".into()), user_and_staff("grace"), Audience::Everyone, user_and_staff("ops"), Audience::User("nobody".into())];
    deliver(&hub, to.into_iter().zip(11..).map(|(audience, sequence)| event(sequence, audience)).collect(), 15);
    assert_eq!(take(&ada).unwrap(), ["id: e-11", "id: e-13"]);
    assert_eq!(take(&grace).unwrap(), ["id: e-12", "id: e-13"]);
    assert_eq!(take(&ops).unwrap(), ["id: e-12", "id: e-13", "id: e-14"]);
    assert_eq!(hub.position().to_string(), "e-15");
}

#[test]
fn a_user_whose_groups_have_changed_does_not_get_the_old_groups_events_on_a_new_stream() {
    let hub = hub();
    let (before, after) = (open(&hub, "ada", &["staff"]), open(&hub, "ada", &[]));
    assert_eq!(hub.subscribe(request("ada", &[])).err(), Some(AdmissionError::UserLimit));
    deliver(&hub, vec![event(11, user_and_staff("grace")), event(12, Audience::User("ada".into()))], 12);
    assert_eq!(take(&before).unwrap(), ["id: e-11", "id: e-12"]);
    assert_eq!(take(&after).unwrap(), ["id: e-12"]);
    drop(before);
    assert!(!hub.has_members("staff"));
    deliver(&hub, vec![event(13, Audience::Everyone)], 13);
    assert_eq!(take(&after).unwrap(), ["id: e-13"]);
}

#[test]
fn a_stream_behind_the_replay_buffer_is_sent_to_the_log() {
    let hub = hub();
    let (slow, quick) = (open(&hub, "ada", &[]), open(&hub, "ada", &[]));
    let last = 10 + EVENTS_MAX as i64 + 1;
    let events: Vec<_> = (11..=last).map(|sequence| event(sequence, Audience::Everyone)).collect();
    deliver(&hub, events[..1].to_vec(), 11);
    assert_eq!(take(&quick).unwrap(), ["id: e-11"]);
    deliver(&hub, events[1..].to_vec(), last);
    assert_eq!(take(&slow), None);
    assert_eq!(take(&quick).unwrap().len(), EVENTS_MAX);
    assert_eq!(take(&quick).unwrap().len(), 0);
}

/// Nothing is taken before the stream has checked its session and its position.
#[test]
fn after_a_new_start_of_the_tail_nothing_is_taken_before_the_stream_takes_note() {
    let hub = hub();
    let ada = open(&hub, "ada", &[]);
    let mut epoch = hub.epoch();
    hub.restart(&bounds("f", 4));
    assert!(epoch.has_changed().unwrap());
    assert_eq!(*epoch.borrow_and_update(), "f");
    deliver(&hub, vec![event(5, Audience::Everyone)], 5);
    let Recent::Restarted(start) = ada.take_recent(&mut VecDeque::new()) else { panic!("not noticed") };
    hub.restart(&bounds("f", 5));
    assert!(!epoch.has_changed().unwrap());
    ada.note(start);
    // There has been another since.
    let Recent::Restarted(start) = ada.take_recent(&mut VecDeque::new()) else { panic!("not noticed") };
    ada.note(start);
    assert_eq!(take(&ada), None, "the cursor is in the old epoch");
    ada.advance(&bounds("f", 5).end());
    assert_eq!(take(&ada).unwrap().len(), 0);
}

/// Its session's end may lie in what the tail has passed over. It waits where the session cannot be checked now, and its cursor may stand where
/// the tail goes on: it was opened from a page that the tail had not come to.
#[test]
fn after_a_new_start_of_the_tail_nothing_is_written_to_a_stream_that_has_not_taken_note() {
    let hub = hub();
    let ada = open(&hub, "ada", &[]);
    let written = Arc::new(Written::default());
    ada.connection.attach(written.clone());
    ada.advance(&bounds("e", 14).end());
    hub.restart(&bounds("e", 14));
    assert_eq!(ada.take_turn(), None);
    let Recent::Restarted(start) = ada.take_recent(&mut VecDeque::new()) else { panic!("not noticed") };
    assert!(ada.wait().now_or_never().is_none());
    deliver(&hub, vec![event(15, Audience::Everyone)], 15);
    assert_eq!(written.count(), 0);
    ada.note(start);
    assert_eq!(take(&ada).unwrap(), ["id: e-15"]);
    assert_eq!(ada.take_turn(), None);
    assert!(ada.wait().now_or_never().is_none());
    deliver(&hub, vec![event(16, Audience::Everyone)], 16);
    assert_eq!(written.count(), 1);
}

#[tokio::test]
async fn an_ephemeral_event_reaches_the_group_and_only_the_latest_counts() {
    let hub = hub();
    let ada = open(&hub, "ada", &[]);
    assert!(!hub.has_members("staff"));
    hub.send_ephemeral("staff", "streams", "nobody");
    let ops = open(&hub, "ops", &["staff"]);
    assert!(ops.wait().now_or_never().is_none());
    hub.send_ephemeral("staff", "streams", "old");
    hub.send_ephemeral("staff", "streams", "new");
    assert!(matches!(ops.wait().await, Wake::Ephemeral(event) if event == wire::ephemeral("streams", "new")));
    hub.send_ephemeral("staff", "streams", "new");
    assert!(ops.wait().now_or_never().is_none());
    let late = open(&hub, "tim", &["staff"]);
    assert!(matches!(late.wait().await, Wake::Ephemeral(event) if event == wire::ephemeral("streams", "new")));
    assert!(ada.wait().now_or_never().is_none());
}

#[tokio::test]
async fn a_stream_that_is_closed_ends_alone() {
    let hub = hub();
    let (first, second) = (request("ada", &[]), request("ada", &[]));
    let client = first.client;
    let closed = hub.subscribe(first).unwrap();
    let other = hub.subscribe(ConnectionRequest { label: "curl".into(), ..second }).unwrap();
    let newest: Vec<_> = hub.newest(9).into_iter().map(|connection| (connection.label, connection.lag)).collect();
    assert_eq!(newest, [("curl".into(), Some(0)), ("test".into(), Some(0))]);
    assert_eq!(hub.newest(1)[0].label, "curl");
    assert!(hub.close(client) && !hub.close(client));
    assert_eq!(close_reason(&closed).await, Some(CloseReason::Requested));
    assert_eq!(other.take_turn(), None);
}

#[test]
fn limits_hold_and_a_stream_that_has_ended_frees_its_place() {
    let hub = hub();
    let (first, second) = (open(&hub, "ada", &[]), open(&hub, "ada", &[]));
    assert_eq!(hub.subscribe(request("ada", &[])).err(), Some(AdmissionError::UserLimit));
    drop(first);
    let third = open(&hub, "ada", &[]);
    let _grace = open(&hub, "grace", &[]);
    assert_eq!(hub.subscribe(request("ops", &["staff"])).err(), Some(AdmissionError::Full));
    drop((second, third));
    assert_eq!((hub.streams(), hub.read().buffers()), (1, 1));
}

#[tokio::test]
async fn invariant_6_a_sessions_end_closes_its_streams_and_no_others() {
    let hub = hub();
    let here = hub.subscribe(ConnectionRequest { session: "here".into(), ..request("ada", &[]) }).unwrap();
    let there = hub.subscribe(ConnectionRequest { session: "there".into(), ..request("ada", &[]) }).unwrap();
    deliver(&hub, vec![event(11, Audience::SessionEnded("here".into()))], 11);
    assert_eq!(close_reason(&here).await, Some(CloseReason::SessionEnded));
    assert_eq!(there.take_turn(), None);
    deliver(&hub, vec![event(12, Audience::SessionsEnded("ada".into()))], 12);
    assert_eq!(close_reason(&there).await, Some(CloseReason::SessionEnded));
}

#[tokio::test]
async fn stopping_closes_every_stream_with_a_time_of_its_own_to_return_after() {
    let hub = hub();
    let subscriptions = [open(&hub, "ada", &[]), open(&hub, "ada", &[])];
    hub.stop();
    let reasons = [close_reason(&subscriptions[0]).await, close_reason(&subscriptions[1]).await];
    assert!(reasons.iter().all(|reason| matches!(reason, Some(CloseReason::Stopping(_)))));
    assert_ne!(reasons[0], reasons[1]);
    assert_eq!(hub.subscribe(request("ada", &[])).err(), Some(AdmissionError::Stopping));
}
