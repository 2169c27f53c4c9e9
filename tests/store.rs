//! The store's promises, held by each database there is: one suite, run on SQLite and on PostgreSQL.

mod common;

use common::{PATIENCE, Service, customer, on_each_database, open as store, orderwire, outside, read_on};
use futures::future::join_all;
use orderwire::{
    model::{
        notification::UNREAD_MAX,
        order::{CATALOGUE, Item, Status},
        seen_order::SeenOrder,
        snapshot::{Filter, NOTIFICATIONS_PER_PAGE},
        user::{Role, User},
    },
    server::{
        sse::{Audience, CommitNotifier, EventLog, LogEvent, Page},
        store::{NotificationsAt, Push, Store, StoreError, Which, subscriber},
    },
};
use serde_json::json;
use sqlx::Executor;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::timeout;
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    session::{Id, Record},
};

on_each_database![
    a_tailing_reader_never_passes_an_event_by_however_many_write,
    an_event_has_a_sequence_if_and_only_if_its_change_committed,
    an_order_is_never_moved_twice_by_one_step,
    of_all_who_saw_the_same_version_one_moves_the_order,
    the_same_message_at_once_is_one_notification,
    trimming_while_reading_leaves_no_hole,
    large_events_are_read_in_small_pages_and_none_is_left_out,
    the_same_key_at_once_is_one_event,
    what_is_read_at_once_is_read_once,
    a_snapshot_finds_what_is_asked_for,
    figures_count_what_there_is,
    no_text_that_cannot_be_kept_harms_what_comes_with_it,
    who_is_removed_leaves_nothing_to_be_read,
    a_clock_that_jumps_ahead_trims_nobodys_history,
    what_was_written_while_the_clock_was_ahead_is_trimmed_in_its_time,
    old_notifications_go_with_who_has_read_them,
    a_key_is_one_push_and_no_other,
    notifications_are_paged_both_ways_without_a_gap_or_a_repeat,
    notifications_are_listed_in_commit_order_whatever_time_they_bear,
    many_are_read_in_a_few_statements_and_told_as_one_event,
    pages_that_wait_keep_nobody_from_signing_in_and_no_event_back,
    a_broadcast_is_for_those_who_were_there,
    a_session_that_has_ended_does_not_come_back,
    a_session_ends_at_its_absolute_end_however_it_is_used,
];

/// Several instances, each with a writer of its own, where the database may be shared; else the one, several times.
async fn instances(url: &str, one: &Store) -> Vec<Store> {
    match one.is_shared() {
        true => join_all((0..4).map(|_| Store::open(url, CommitNotifier::default()))).await.into_iter().map(Result::unwrap).collect(),
        false => vec![one.clone(); 4],
    }
}

fn ada() -> User {
    customer("ada")
}

fn push(user: &str, key: Option<&str>) -> Push {
    Push::read(json!({ "user": user, "event": "weather", "data": {}, "key": key }).to_string().as_bytes()).unwrap()
}

fn items() -> Vec<Item> {
    common::items(&[0])
}

fn is_not_found<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::NotFound { .. }))
}

/// Invariant 1: sequence order is commit order. A reader that tails the log while many write never finds anything behind it later.
async fn a_tailing_reader_never_passes_an_event_by_however_many_write(url: &str) {
    let store = store(url).await;
    const WRITERS: usize = 16;
    const EACH: usize = 25;

    let instances = instances(url, &store).await;
    let writers = join_all((0..WRITERS).map(|writer| {
        let store = instances[writer % instances.len()].clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                store.place_order("ada", items()).await.unwrap();
            }
        })
    }));
    let mut tailed = Vec::new();
    tokio::pin!(writers);
    let mut done = false;
    while !done {
        // One more look after the last writer has committed.
        done = futures::poll!(&mut writers).is_ready();
        let cursor = tailed.last().map_or(0, |event: &LogEvent| event.sequence);
        tailed.extend(read_on(&store, cursor).await);
    }
    let sequences: Vec<_> = tailed.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=(WRITERS * EACH) as i64).collect::<Vec<_>>());
    let numbers: Vec<_> =
        tailed.iter().map(|event| serde_json::from_str::<serde_json::Value>(&event.data).unwrap()["number"].as_i64()).collect();
    assert!(numbers.is_sorted(), "what committed first is told first");
}

/// Invariant 1: a change that is refused leaves no event, and no hole in the sequence.
async fn an_event_has_a_sequence_if_and_only_if_its_change_committed(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    store.cancel_order(&ada(), &order.order_id, None).await.unwrap();
    let before = store.bounds().await.unwrap().head;
    for refused in [store.advance_order("ops", &order.order_id, None).await, store.cancel_order(&ada(), &order.order_id, None).await] {
        assert!(matches!(refused, Err(StoreError::OrderChanged { .. })), "{refused:?}");
    }
    assert!(is_not_found(&store.notify_user("nobody", "t", "m", None).await));
    let outcomes = store.push(&[push("nobody", None), push("ada", None), push("nobody", None), push("ada", None)]).await.unwrap();
    let sequences: Vec<_> = outcomes.into_iter().map(|outcome| outcome.ok().map(|id| id.sequence)).collect();
    assert_eq!(sequences, [None, Some(before + 1), None, Some(before + 2)]);
    assert_eq!(store.bounds().await.unwrap().head, before + 2);
}

/// Of two who move an order at once, it moves once for each that was told so.
async fn an_order_is_never_moved_twice_by_one_step(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    let instances = instances(url, &store).await;
    let moves = join_all((0..8).map(|mover| {
        let (store, id) = (instances[mover % instances.len()].clone(), order.order_id.clone());
        tokio::spawn(async move { store.advance_order("ops", &id, None).await })
    }))
    .await;
    let moved: Vec<_> = moves.into_iter().filter_map(|moved| moved.unwrap().ok()).map(|order| order.version).collect();
    assert_eq!(moved.len(), 3);
    let told = read_on(&store, 0).await.iter().filter(|event| event.kind == "order.updated").count();
    assert_eq!(told, 4, "placed, and three moves");
}

/// One press is one step: of those who act on the same version at once, on several instances, one moves the order; the others are told what
/// it is now.
async fn of_all_who_saw_the_same_version_one_moves_the_order(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    let instances = instances(url, &store).await;
    let moves = join_all((0..8).map(|mover| {
        let (store, id) = (instances[mover % instances.len()].clone(), order.order_id.clone());
        tokio::spawn(async move { store.advance_order("ops", &id, Some(1)).await })
    }))
    .await;
    let (moved, refused): (Vec<_>, Vec<_>) = moves.into_iter().map(|moved| moved.unwrap()).partition(Result::is_ok);
    assert_eq!((moved.len(), refused.len()), (1, 7));
    for refusal in refused {
        let Err(StoreError::OrderChanged { line, order: now }) = refusal else { panic!("{refusal:?}") };
        assert_eq!(line, format!("order {} was changed meanwhile by ops: it is packed now", order.number));
        assert_eq!((now.status, now.version), (Status::Packed, 2));
    }
}

/// Of the same message with the same key, one is sent, however many instances are asked at once.
async fn the_same_message_at_once_is_one_notification(url: &str) {
    let store = store(url).await;
    let instances = instances(url, &store).await;
    let sent = join_all((0..8).map(|sender| {
        let store = instances[sender % instances.len()].clone();
        tokio::spawn(async move { store.broadcast("t", "m", Some("k")).await.unwrap().id })
    }))
    .await;
    let mut ids: Vec<_> = sent.into_iter().map(|id| id.unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(read_on(&store, 0).await.iter().filter(|event| event.kind == "notification").count(), 1);
}

/// Invariant 3, where trimming and reading meet: what is kept is read whole, what is not is said to be gone.
async fn trimming_while_reading_leaves_no_hole(url: &str) {
    let store = store(url).await;
    for _ in 0..300 {
        store.notify_user("ada", "t", "m", None).await.unwrap();
    }
    let trimming = tokio::spawn({
        let store = store.clone();
        async move { store.trim(Duration::ZERO).await.unwrap() }
    });
    let mut cursor = 0;
    let mut gone = false;
    while !gone {
        let Page { bounds, events, through } = store.after(cursor, None).await.unwrap();
        if cursor < bounds.floor {
            (gone, cursor) = (true, bounds.head);
            continue;
        }
        let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, (cursor + 1..=through).collect::<Vec<_>>());
        // Begin again: sooner or later the beginning has been trimmed.
        cursor = if through == cursor { 0 } else { through };
    }
    assert!(trimming.await.unwrap() > 0);
    store.notify_user("ada", "t", "m", None).await.unwrap();
    assert_eq!(read_on(&store, cursor).await.len(), 1, "and it goes on from the head");
}

/// A pusher that tries again on several lines at once.
async fn large_events_are_read_in_small_pages_and_none_is_left_out(url: &str) {
    const EVENTS: usize = 40;
    let store = store(url).await;
    let large = Push::new("ada", "large", &json!("x".repeat(16_000)).to_string(), None).unwrap();
    store.push(&vec![large; EVENTS]).await.unwrap();
    for subscriber in [None, Some(subscriber(&ada()))] {
        let (mut cursor, mut read) = (0, Vec::new());
        loop {
            let Page { bounds, events, through } = store.after(cursor, subscriber.as_ref()).await.unwrap();
            assert!(events.len() < EVENTS / 2, "{}", events.len());
            cursor = through;
            read.extend(events.into_iter().map(|event| event.sequence));
            if through == bounds.head {
                break;
            }
        }
        assert_eq!(read, (1..=EVENTS as i64).collect::<Vec<_>>());
    }
    store.close().await;
}

async fn the_same_key_at_once_is_one_event(url: &str) {
    let store = store(url).await;
    let instances = instances(url, &store).await;
    let pushes = join_all((0..16).map(|pusher| {
        let store = instances[pusher % instances.len()].clone();
        tokio::spawn(async move { store.push(&[push("ada", Some("k")), push("ada", Some("k"))]).await.unwrap() })
    }))
    .await;
    let ids: Vec<_> = pushes.into_iter().flat_map(|outcomes| outcomes.unwrap()).map(|id| id.unwrap().sequence).collect();
    assert_eq!(ids, [1; 32]);
    assert_eq!(read_on(&store, 0).await.len(), 1);
}

/// Two tabs that mark the same as read: one of them did it, and it is told once.
async fn what_is_read_at_once_is_read_once(url: &str) {
    let store = store(url).await;
    let one = store.notify_user("ada", "t", "m", None).await.unwrap();
    let all = store.broadcast("to all", "m", None).await.unwrap();
    let tabs = instances(url, &store).await.into_iter().zip([Which::All, Which::One(one.id), Which::All]);
    let readings = join_all(tabs.map(|(store, which)| tokio::spawn(async move { store.mark_read("ada", which).await.unwrap() }))).await;
    let readings: Vec<_> = readings.into_iter().map(Result::unwrap).collect();
    assert_eq!(readings.iter().filter(|reading| reading.through.as_ref() == Some(&all.id)).count(), 1);
    assert!(readings.iter().map(|reading| reading.ids.len()).sum::<usize>() <= 1);
    let told = read_on(&store, 0).await.into_iter().filter(|event| event.kind == "notification.read");
    let told: Vec<serde_json::Value> = told.map(|event| serde_json::from_str(&event.data).unwrap()).collect();
    assert_eq!(told.len(), readings.iter().filter(|reading| reading.through.is_some() || !reading.ids.is_empty()).count());
    assert_eq!(told.last().unwrap()["unread"], 0);
    let seen = store.snapshot(ada(), Filter::default(), Duration::ZERO).await.unwrap();
    assert!(seen.unread == 0 && seen.notifications.iter().all(|notification| notification.read));
}

async fn a_snapshot_finds_what_is_asked_for(url: &str) {
    let store = store(url).await;
    store.add_user("grace", Role::Customer, "a long secret").await.unwrap();
    let first = store.place_order("ada", items()).await.unwrap();
    let second = store.place_order("grace", items()).await.unwrap();
    store.advance_order("ops", &second.order_id, None).await.unwrap();
    let ops = || User { username: "ops".into(), role: Role::Staff };
    let found = async |user: User, filter: Filter| {
        let snapshot = store.snapshot(user, filter, Duration::ZERO).await.unwrap();
        snapshot.orders.iter().map(|order| order.number).collect::<Vec<_>>()
    };
    let search = |search: &str| Filter { search: search.into(), ..Filter::default() };
    let both = vec![second.number, first.number];
    assert_eq!(found(ops(), Filter::default()).await, both);
    assert_eq!(found(ada(), Filter::default()).await, [first.number]);
    assert_eq!(found(ops(), Filter { status: Some(Status::Packed), ..Filter::default() }).await, [second.number]);
    assert_eq!(found(ops(), Filter { before: Some(second.number.into()), ..Filter::default() }).await, [first.number]);
    assert_eq!(found(ops(), search(&first.number.to_string())).await, [first.number]);
    assert_eq!(found(ops(), search("GRA")).await, [second.number]);
    assert_eq!(found(ops(), search(&CATALOGUE[0].name.to_uppercase())).await, both);
    for nothing in ["%", "_", "\\", "\0", "'"] {
        assert_eq!(found(ops(), search(nothing)).await, [0; 0], "{nothing:?}");
    }
    let snapshot =
        store.snapshot(User { username: "grace".into(), role: Role::Customer }, Filter::default(), Duration::ZERO).await.unwrap();
    assert_eq!((snapshot.cursor.sequence, snapshot.unread, snapshot.notifications.len()), (4, 1, 1));
}

async fn figures_count_what_there_is(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    let cancelled = store.place_order("ada", items()).await.unwrap();
    store.cancel_order(&ada(), &cancelled.order_id, None).await.unwrap();
    let figures = store.figures().await.unwrap();
    assert_eq!(figures.orders, Status::ALL.map(|status| i64::from([Status::Placed, Status::Cancelled].contains(&status))));
    assert_eq!(figures.revenue_cents, order.total_cents);
    assert_eq!(figures.events_each.iter().sum::<u32>(), 3);
    assert_eq!(store.some_open_order().await.unwrap(), Some(order.order_id));
}

/// PostgreSQL keeps no NUL, and gives up a transaction in which one is asked for.
async fn no_text_that_cannot_be_kept_harms_what_comes_with_it(url: &str) {
    let store = store(url).await;
    let order = store.place_order("ada", items()).await.unwrap();
    let outcomes = store.push(&[push("a\0da", None), push("ada", None)]).await.unwrap();
    assert!(is_not_found(&outcomes[0]));
    assert!(outcomes[1].is_ok());
    let advanced =
        store.advance_orders("ops", &["a\0".into(), order.order_id].map(|order_id| SeenOrder { order_id, version: None })).await.unwrap();
    assert_eq!((advanced.orders.len(), advanced.refused.len()), (1, 1));
    assert_eq!(store.authenticate("a\0da", "a long secret").await.unwrap().map(|account| account.user), None);
    assert!(is_not_found(&store.mark_read("ada", Which::One("a\0".into())).await));
    assert!(matches!(store.notify_user("ada", "a\0", "m", None).await, Err(StoreError::Invalid { .. })));
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Lets the database's clock jump, as far as the log can see: it is so much later than when it was read last.
async fn jump(url: &str, days: i64) {
    let jump = format!("UPDATE log SET clock_read_at = clock_read_at - {}", days * 24 * 3600 * 1000);
    outside(url).await.execute(jump.as_str()).await.unwrap();
}

async fn a_clock_that_jumps_ahead_trims_nobodys_history(url: &str) {
    let store = store(url).await;
    store.notify_user("ada", "t", "m", None).await.unwrap();
    jump(url, 30).await;
    assert_eq!(store.trim(DAY).await.unwrap(), 0);
    assert_eq!(store.trim_notifications(DAY).await.unwrap(), 0);
    assert_eq!(read_on(&store, 0).await.len(), 1);
}

/// A clock that was ahead for a while, and is right again: events of that time age like any others.
async fn what_was_written_while_the_clock_was_ahead_is_trimmed_in_its_time(url: &str) {
    let store = store(url).await;
    jump(url, 30).await;
    store.notify_user("ada", "from the future", "m", None).await.unwrap();
    jump(url, -30).await;
    store.notify_user("ada", "after", "m", None).await.unwrap();
    // Ages pass, as housekeeping sees them: a little at a time.
    for _ in 0..300 {
        jump(url, 1).await;
        store.trim(DAY).await.unwrap();
    }
    assert_eq!(store.bounds().await.unwrap().floor, 2);
}

async fn old_notifications_go_with_who_has_read_them(url: &str) {
    let store = store(url).await;
    let old = store.notify_user("ada", "old", "m", None).await.unwrap();
    store.mark_read("ada", Which::One(old.id)).await.unwrap();
    outside(url).await.execute("UPDATE notifications SET clock = clock - 1000").await.unwrap();
    store.notify_user("ada", "new", "m", None).await.unwrap();
    assert_eq!(store.trim_notifications(Duration::from_millis(900)).await.unwrap(), 1);
    let left = store.snapshot(ada(), Filter::default(), Duration::ZERO).await.unwrap();
    assert_eq!((left.unread, left.notifications.len(), left.notifications[0].title.as_str()), (1, 1, "new"));
    let reads = sqlx::query("SELECT username FROM notification_reads").fetch_all(&mut outside(url).await).await.unwrap();
    assert!(reads.is_empty());
}

/// The same key for the same push is the first one's id; for another user, type or body it is a conflict, together or apart.
async fn a_key_is_one_push_and_no_other(url: &str) {
    let store = store(url).await;
    store.add_user("grace", Role::Customer, "a long secret").await.unwrap();
    let push = |user: &str, event: &str, data: &str| Push::new(user, event, data, Some("k".into())).unwrap();
    let first = store.push(&[push("ada", "e", "1")]).await.unwrap().remove(0).unwrap();
    let others = [push("grace", "e", "1"), push("ada", "f", "1"), push("ada", "e", "2"), push("ada", "e", "1")];
    let outcomes = store.push(&others).await.unwrap();
    assert!(outcomes[..3].iter().all(|outcome| matches!(outcome, Err(StoreError::Conflict(_)))), "{outcomes:?}");
    assert_eq!(outcomes[3].as_ref().unwrap(), &first);
    assert_eq!(read_on(&store, 0).await.len(), 1);
}

/// Addressed to the user or to everyone; another's are never among them.
async fn notifications_are_paged_both_ways_without_a_gap_or_a_repeat(url: &str) {
    let store = store(url).await;
    store.broadcast("before she came", "m", None).await.unwrap();
    for name in ["hedy", "grace"] {
        store.add_user(name, Role::Customer, "a long secret").await.unwrap();
    }
    let mut all = Vec::new();
    for number in 0..2 * NOTIFICATIONS_PER_PAGE + 7 {
        all.insert(
            0,
            match number % 3 {
                0 => store.broadcast("t", "m", None).await.unwrap().id,
                _ => store.notify_user("hedy", "t", "m", None).await.unwrap().id,
            },
        );
        store.notify_user("grace", "t", "m", None).await.unwrap();
    }
    let page = async |at| {
        let page = store.notification_page("hedy", at).await.unwrap();
        (page.notifications.into_iter().map(|told| told.id).collect::<Vec<_>>(), page.newer, page.older)
    };
    let (mut seen, mut newer, mut older) = page(NotificationsAt::Newest).await;
    assert!(!newer && older);
    while older {
        let next = page(NotificationsAt::Before(seen.last().unwrap().clone())).await;
        (newer, older) = (next.1, next.2);
        assert!(newer);
        seen.extend(next.0);
    }
    assert_eq!(seen, all);
    let last = NOTIFICATIONS_PER_PAGE * 2;
    let (back, newer, older) = page(NotificationsAt::After(all[last].clone())).await;
    assert_eq!((back.as_slice(), newer, older), (&all[last - NOTIFICATIONS_PER_PAGE..last], true, true));
    // Those after the second page are the first one, however many there are by now.
    let newest = &all[..NOTIFICATIONS_PER_PAGE];
    assert_eq!(page(NotificationsAt::After(all[NOTIFICATIONS_PER_PAGE].clone())).await, (newest.to_vec(), false, true));
    for nothing in ["none", "a\0"] {
        assert_eq!(page(NotificationsAt::Before(nothing.into())).await, (newest.to_vec(), false, true), "{nothing:?}");
    }
}

async fn notifications_are_listed_in_commit_order_whatever_time_they_bear(url: &str) {
    let store = store(url).await;
    for (title, time) in [("first", "2999-01-01T00:00:00Z"), ("second", "1999-01-01T00:00:00Z")] {
        let data = json!({ "title": title, "message": "m", "timestamp": time }).to_string();
        store.push(&[Push::new("ada", "notification", &data, None).unwrap()]).await.unwrap().remove(0).unwrap();
    }
    store.broadcast("third", "m", None).await.unwrap();
    let page = store.snapshot(ada(), Filter::default(), Duration::ZERO).await.unwrap();
    assert_eq!(page.notifications.iter().map(|shown| shown.title.as_str()).collect::<Vec<_>>(), ["third", "second", "first"]);
}

async fn many_are_read_in_a_few_statements_and_told_as_one_event(url: &str) {
    let store = store(url).await;
    const MANY: usize = 2_000;
    let data = json!({ "title": "t", "message": "m" }).to_string();
    let pushes: Vec<_> = (0..MANY).map(|_| Push::new("ada", "notification", &data, None).unwrap()).collect();
    for outcome in store.push(&pushes).await.unwrap() {
        outcome.unwrap();
    }
    store.broadcast("to all", "m", None).await.unwrap();
    assert_eq!(store.snapshot(ada(), Filter::default(), Duration::ZERO).await.unwrap().unread, UNREAD_MAX, "of 2,001");
    let before = store.bounds().await.unwrap().head;
    let reading = store.mark_read("ada", Which::All).await.unwrap();
    assert_eq!((reading.unread, reading.ids.len()), (0, 0));
    let told = read_on(&store, before).await;
    assert_eq!(told.len(), 1);
    let event: serde_json::Value = serde_json::from_str(&told[0].data).unwrap();
    assert_eq!(event, json!({ "ids": [], "unread": 0, "through": reading.through.unwrap() }));
    store.notify_user("ada", "one more", "m", None).await.unwrap();
    assert_eq!(store.snapshot(ada(), Filter::default(), Duration::ZERO).await.unwrap().unread, 1);
}

/// However many pages wait for something, signing in, the log tail and `/readyz` have connections of their own.
async fn pages_that_wait_keep_nobody_from_signing_in_and_no_event_back(url: &str) {
    let store = store(url).await;
    if !store.is_shared() {
        // Nothing that reads waits for anything on SQLite.
        return;
    }
    let mut lock = outside(url).await;
    lock.execute("BEGIN").await.unwrap();
    lock.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let pages: Vec<_> = (0..40)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.snapshot(ada(), Filter::default(), Duration::ZERO).await })
        })
        .collect();
    // The pages have taken their connections by then.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(store.authenticate("ada", "a long secret").await.unwrap().is_some());
    store.notify_user("ada", "t", "m", None).await.unwrap();
    assert_eq!(store.after(0, None).await.unwrap().events.len(), 1);
    store.ready().await.unwrap();
    lock.execute("COMMIT").await.unwrap();
    for page in pages {
        page.await.unwrap().unwrap();
    }
}

async fn a_broadcast_is_for_those_who_were_there(url: &str) {
    let store = store(url).await;
    store.broadcast("before grace", "m", None).await.unwrap();
    store.add_user("grace", Role::Customer, "a long secret").await.unwrap();
    store.broadcast("to both", "m", None).await.unwrap();
    let seen = async |name: &str| {
        let user = User { username: name.into(), role: Role::Customer };
        let page = store.snapshot(user, Filter::default(), Duration::ZERO).await.unwrap();
        (page.unread, page.notifications.len())
    };
    assert_eq!((seen("ada").await, seen("grace").await), ((2, 2), (1, 1)));
}

/// A session of ada's, which ends so many milliseconds from now.
fn session(milliseconds: i64) -> Record {
    let ends = OffsetDateTime::now_utc() + time::Duration::milliseconds(milliseconds);
    let own = json!({ "handle": "of-ada", "expires": ends.unix_timestamp_nanos() / 1_000_000 });
    let data = [("ticket".into(), own), ("axum-login.data".into(), json!({ "user_id": "ada", "auth_hash": [] }))];
    // What the session layer says is later: it counts from the last change.
    Record { id: Id::default(), data: data.into(), expiry_date: OffsetDateTime::now_utc() + time::Duration::days(7) }
}

/// A request that had read the session before its end writes it after that.
async fn a_session_that_has_ended_does_not_come_back(url: &str) {
    let store = store(url).await;
    let sessions = store.sessions(None);
    let mut record = session(60_000);
    sessions.create(&mut record).await.unwrap();
    assert!(store.has_session("of-ada").await.unwrap());
    assert_eq!(sessions.load(&record.id).await.unwrap().map(|loaded| loaded.data), Some(record.data.clone()));
    store.end_sessions("ada").await.unwrap();
    sessions.save(&record).await.unwrap();
    assert_eq!(sessions.load(&record.id).await.unwrap(), None);
    assert!(!store.has_session("of-ada").await.unwrap());
}

async fn a_session_ends_at_its_absolute_end_however_it_is_used(url: &str) {
    let store = store(url).await;
    let sessions = store.sessions(Some(Duration::from_secs(60)));
    let mut record = session(1_000);
    sessions.create(&mut record).await.unwrap();
    let used_until_it_ends = async {
        while store.has_session("of-ada").await.unwrap() {
            sessions.save(&record).await.unwrap();
            sessions.touch(&["of-ada".to_owned()].into()).await.unwrap();
        }
    };
    timeout(PATIENCE, used_until_it_ends).await.expect("it goes on");
    assert_eq!(sessions.load(&record.id).await.unwrap(), None);
    // One that is not used ends sooner than that.
    let mut record = session(60_000);
    store.sessions(Some(Duration::from_millis(1))).create(&mut record).await.unwrap();
    let until_it_ends = async { while store.has_session("of-ada").await.unwrap() {} };
    timeout(PATIENCE, until_it_ends).await.expect("it goes on");
    sessions.delete_expired().await.unwrap();
    assert!(sessions.touch(&["of-ada".to_owned()].into()).await.unwrap().is_empty());
}

async fn who_is_removed_leaves_nothing_to_be_read(url: &str) {
    let store = store(url).await;
    assert!(store.authenticate("ada", "a long secret").await.unwrap().is_some());
    store.notify_user("ada", "private", "m", None).await.unwrap();
    store.remove_user("ada").await.unwrap();
    assert!(store.authenticate("ada", "a long secret").await.unwrap().is_none());
    let left = read_on(&store, 0).await;
    assert_eq!(left.last().unwrap().audience, Audience::SessionsEnded("ada".into()));
    assert!(left.iter().all(|event| event.audience != Audience::User("ada".into())));
    store.add_user("ada", Role::Customer, "another long one").await.unwrap();
    let snapshot = store.snapshot(ada(), Filter::default(), Duration::ZERO).await.unwrap();
    assert!(snapshot.notifications.is_empty());
}

/// A wrong database is one clear line, without the password that its address bears.
#[test]
fn a_database_that_cannot_be_used_is_one_clear_line_without_its_password() {
    for url in ["postgres://ops:hush@127.0.0.1:1/orders", "postgres://ops:hush@127.0.0.1:99999/orders", "mysql://ops:hush@127.0.0.1/orders"]
    {
        let output = orderwire().args(["--database-url", url]).env("RUST_LOG", "off").output().unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
        assert!(line.contains("database") && !line.contains("hush"), "{line}");
    }
}

/// An older program leaves a newer one's database alone, and says why.
#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let database = Service::postgres().await;
    let url = database.url();
    let opened = Store::open(&url, CommitNotifier::default()).await.unwrap();
    opened.close().await;
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
                 FROM _sqlx_migrations WHERE version = 1";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    let output = orderwire().args(["--database-url", &url]).env("RUST_LOG", "off").output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && line.lines().count() == 1 && line.contains("newer version"), "{line}");
}
