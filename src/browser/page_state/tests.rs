//! The page state natively: what events, responses and snapshots make of it, and what stays while a list is in use.

use super::*;
use crate::model::{
    filter::{BEHIND_ALL, Position},
    order::Status,
    snapshot::Tallies,
    user::{Role, User},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc, sync::atomic::AtomicUsize, sync::atomic::Ordering};

fn id(sequence: i64) -> EventId {
    EventId { epoch: "e".into(), sequence }
}

fn order(number: i64, version: i64, status: Status) -> Order {
    Order {
        order_id: number.to_string(),
        number,
        status,
        customer: "ada".into(),
        items: vec![],
        total_cents: 100,
        placed_at: "2026-01-01T00:00:00.000Z".into(),
        updated_at: format!("2026-01-01T00:00:0{version}.000Z"),
        version,
    }
}

fn notification(id: i64) -> Notification {
    Notification {
        id: id.to_string(),
        title: "t".into(),
        message: "m".into(),
        timestamp: "2026-01-01T00:00:00.000Z".into(),
        order_id: None,
        read: false,
    }
}

fn snapshot(filter: Filter) -> Snapshot {
    Snapshot {
        cursor: id(0),
        user: User { username: "ada".into(), role: Role::Customer },
        orders: vec![],
        filter,
        older: false,
        places: 0,
        tallies: None,
        notifications: vec![],
        unread: 0,
        console_stats: None,
        keep_alive_ms: 30_000,
    }
}

/// A page of nothing, and the owner of its signals.
fn page_state() -> (Owner, PageState) {
    filtered_page_state(Filter::default())
}

fn filtered_page_state(filter: Filter) -> (Owner, PageState) {
    let owner = Owner::new();
    owner.set();
    (owner, PageState::new(snapshot(filter)))
}

fn shown(page_state: PageState) -> Vec<(i64, Status)> {
    page_state.snapshot().orders.iter().map(|order| (order.number, order.status)).collect()
}

fn numbers(page_state: PageState) -> Vec<i64> {
    shown(page_state).into_iter().map(|(number, _)| number).collect()
}

fn leaving(page_state: PageState) -> Vec<i64> {
    let rows = page_state.orders.all().into_iter().filter(|row| row.leaving().get_untracked());
    rows.map(|row| row.with_untracked(|order| order.number)).collect()
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1..5i64, 0..4usize).prop_map(|(number, step)| Event::OrderUpdated(order(number, step as i64 + 1, Status::STEPS[step]))),
        (1..6i64).prop_map(|id| Event::Notification(notification(id))),
        (1..6i64, 0..4i64).prop_map(|(id, unread)| Event::NotificationRead(Reading { ids: vec![id.to_string()], unread, through: None })),
        (1..6i64).prop_map(|id| Event::NotificationRead(Reading { ids: vec![], unread: 0, through: Some(id.to_string()) })),
    ]
}

/// A user's pointer enters and leaves the list, or an order takes its next step: the one of that number, or a new one.
#[derive(Clone, Debug)]
enum Happening {
    InUse(bool),
    ShowWaiting,
    Step(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => any::<bool>().prop_map(Happening::InUse),
        1 => Just(Happening::ShowWaiting),
        8 => (1..=ORDERS_PER_PAGE as i64 + 20).prop_map(Happening::Step),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn applying_an_event_twice_is_the_same_as_once(events in prop::collection::vec((event(), 1..4usize), 1..20)) {
        let (_owner, once) = page_state();
        let often = PageState::new(snapshot(Filter::default()));
        for (place, (event, times)) in events.iter().enumerate() {
            prop_assert!(once.apply(id(place as i64 + 1), event));
            for time in 0..*times {
                prop_assert_eq!(often.apply(id(place as i64 + 1), event), time == 0);
            }
        }
        prop_assert_eq!(once.snapshot(), often.snapshot());
    }

    /// Also more orders than a page holds. The shop's own truth is a map.
    #[test]
    fn invariant_7_rows_keep_their_places_in_use_and_are_those_of_a_reload_after_it(
        happenings in prop::collection::vec(happening(), 1..400),
        only_placed in any::<bool>(),
    ) {
        let filter = Filter { status: only_placed.then_some(Status::Placed), ..Filter::default() };
        let (_owner, page) = filtered_page_state(filter.clone());
        let (mut shop, mut in_use) = (BTreeMap::new(), false);
        for (place, happening) in happenings.into_iter().enumerate() {
            let before = numbers(page);
            match happening {
                Happening::InUse(now) => {
                    in_use = now;
                    page.orders.set_in_use(now);
                }
                Happening::ShowWaiting => page.orders.show_waiting(),
                Happening::Step(number) => {
                    let next = match shop.get(&number) {
                        None => order(number, 1, Status::Placed),
                        Some(Order { status, version, .. }) => order(number, version + 1, status.next().unwrap_or(*status)),
                    };
                    shop.insert(number, next.clone());
                    page.apply(id(place as i64 + 1), &Event::OrderUpdated(next));
                    if in_use {
                        prop_assert_eq!(numbers(page), before, "a row has moved under a hand");
                    }
                }
            }
            for row in page.snapshot().orders {
                prop_assert_eq!(&row, &shop[&row.number], "a row that is shown is live");
            }
            let belong: Vec<_> = shop.values().rev().filter(|order| filter.matches(order)).cloned().collect();
            // Once rows have left a full page, it has fewer than a reload shows; the rest is on the next page.
            let reloaded = &belong[..belong.len().min(ORDERS_PER_PAGE)];
            let current: Vec<_> = page.orders.current.get_value().iter().map(|row| row.with_untracked(Order::clone)).collect();
            prop_assert_eq!(&current[..], &reloaded[..current.len()]);
            prop_assert!(current.len() == reloaded.len() || page.older.get_untracked());
            if !in_use {
                prop_assert_eq!(page.snapshot().orders, current);
            }
        }
    }
}

#[test]
fn what_waits_is_counted_and_shown_when_the_use_ends_or_the_user_asks() {
    let (_owner, page) = page_state();
    page.apply_order(&order(1, 1, Status::Placed));
    page.orders.set_in_use(true);
    page.apply_order(&order(2, 1, Status::Placed));
    page.apply_order(&order(3, 1, Status::Placed));
    page.apply_order(&order(2, 2, Status::Packed));
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![1], 2));
    page.orders.show_waiting();
    assert_eq!((shown(page)[1], page.orders.waiting.get_untracked()), ((2, Status::Packed), 0));
    page.apply_order(&order(4, 1, Status::Placed));
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![3, 2, 1], 1));
    page.orders.set_in_use(false);
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![4, 3, 2, 1], 0));
}

#[test]
fn a_row_that_does_not_match_any_more_stays_while_the_list_is_in_use_and_is_marked() {
    let (_owner, page) = filtered_page_state(Filter { status: Some(Status::Placed), ..Filter::default() });
    for number in 1..=3 {
        page.apply_order(&order(number, 1, Status::Placed));
    }
    page.orders.set_in_use(true);
    page.apply_order(&order(2, 2, Status::Packed));
    assert_eq!((shown(page)[1], leaving(page)), ((2, Status::Packed), vec![2]));
    page.orders.set_in_use(false);
    assert_eq!((numbers(page), leaving(page)), (vec![3, 1], vec![]));
    page.apply_order(&order(1, 2, Status::Packed));
    assert_eq!(numbers(page), [3], "nobody looks at it");
    page.apply_order(&order(1, 1, Status::Placed));
    assert_eq!(numbers(page), [3], "a response that comes late brings no order back");
}

#[test]
fn the_last_row_of_a_full_page_stays_while_the_list_is_in_use() {
    let (_owner, page) = page_state();
    let last = ORDERS_PER_PAGE as i64;
    (1..=last).for_each(|number| page.apply_order(&order(number, 1, Status::Placed)));
    page.orders.set_in_use(true);
    page.apply_order(&order(last + 1, 1, Status::Placed));
    assert_eq!((numbers(page).last(), leaving(page)), (Some(&1), vec![1]));
    page.orders.set_in_use(false);
    assert_eq!((numbers(page).len(), numbers(page).last()), (ORDERS_PER_PAGE, Some(&2)));
    assert!(page.older.get_untracked());
}

#[test]
fn a_fresh_snapshot_moves_nothing_while_the_list_is_in_use() {
    let (_owner, page) = page_state();
    (1..=3).for_each(|number| page.apply_order(&order(number, 1, Status::Placed)));
    page.orders.set_in_use(true);
    page.replace(Snapshot { orders: vec![order(4, 1, Status::Placed), order(2, 2, Status::Packed)], ..snapshot(Filter::default()) });
    assert_eq!(shown(page), [(3, Status::Placed), (2, Status::Packed), (1, Status::Placed)]);
    assert_eq!((page.orders.waiting.get_untracked(), leaving(page)), (1, vec![3, 1]));
    page.orders.set_in_use(false);
    assert_eq!(numbers(page), [4, 2]);
}

#[test]
fn a_changed_order_touches_the_signal_of_its_row_alone() {
    let (_owner, page) = page_state();
    (1..=3).for_each(|number| page.apply_order(&order(number, 1, Status::Placed)));
    let rows = page.orders.all();
    let runs: Arc<[AtomicUsize; 4]> = Arc::default();
    let counted = |place: usize, read: Box<dyn Fn() + Send + Sync>| {
        let runs = runs.clone();
        Memo::new(move |_| {
            read();
            runs[place].fetch_add(1, Ordering::Relaxed)
        })
    };
    let mut memos = vec![counted(3, Box::new(move || _ = page.orders.shown()))];
    for (place, row) in rows.into_iter().enumerate() {
        memos.push(counted(place, Box::new(move || row.with(|_| {}))));
    }
    let counts = || {
        memos.iter().for_each(|memo| _ = memo.get_untracked());
        runs.iter().map(|runs| runs.load(Ordering::Relaxed)).collect::<Vec<_>>()
    };
    assert_eq!(counts(), [1, 1, 1, 1]);
    page.apply(id(1), &Event::OrderUpdated(order(2, 2, Status::Packed)));
    assert_eq!(counts(), [1, 2, 1, 1]);
}

#[test]
fn a_row_that_has_gone_is_freed() {
    let (_owner, page) = page_state();
    page.apply_order(&order(1, 1, Status::Placed));
    let first = Arc::downgrade(&page.orders.all()[0].0);
    (2..=ORDERS_PER_PAGE as i64).for_each(|number| page.apply_order(&order(number, 1, Status::Placed)));
    assert!(first.upgrade().is_some());
    page.apply_order(&order(ORDERS_PER_PAGE as i64 + 1, 1, Status::Placed));
    assert_eq!((first.upgrade().map(drop), first.strong_count()), (None, 0));
}

#[test]
fn an_answer_and_its_event_are_one_row_whichever_comes_first() {
    let (_owner, page) = page_state();
    page.apply_order(&order(2, 1, Status::Placed));
    page.apply(id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
    page.apply(id(2), &Event::OrderUpdated(order(2, 1, Status::Placed)));
    page.apply(id(3), &Event::OrderUpdated(order(2, 2, Status::Packed)));
    page.apply_order(&order(2, 1, Status::Placed));
    assert_eq!(shown(page), [(2, Status::Packed), (1, Status::Placed)]);
}

#[test]
fn after_a_fresh_snapshot_each_row_is_found_where_it_is_now() {
    let (_owner, page) = page_state();
    (1..=3).for_each(|number| page.apply_order(&order(number, 1, Status::Placed)));
    page.apply_order(&order(3, 2, Status::Packed));
    let fresh = Snapshot { cursor: id(9), orders: vec![order(2, 3, Status::Shipped), order(1, 1, Status::Placed)], ..page.snapshot() };
    page.replace(fresh);
    page.apply(id(10), &Event::OrderUpdated(order(1, 2, Status::Packed)));
    assert_eq!(shown(page), [(2, Status::Shipped), (1, Status::Packed)]);
    assert!(!page.apply(id(9), &Event::OrderUpdated(order(3, 3, Status::Shipped))), "the snapshot has it already");
}

#[test]
fn the_unread_count_is_the_events_to_say() {
    let (_owner, page) = page_state();
    page.apply(id(1), &Event::Notification(notification(1)));
    let reading = Reading { ids: vec!["1".into()], unread: 0, through: None };
    page.apply(id(2), &Event::NotificationRead(reading.clone()));
    page.apply(id(3), &Event::Notification(notification(2)));
    // The answer to the reading comes last, and knows nothing of the second notification.
    page.apply_reading(&reading);
    assert_eq!(page.unread.get_untracked(), 1);
}

#[test]
fn a_notification_that_waits_is_read_with_the_others() {
    let (_owner, page) = page_state();
    page.apply(id(1), &Event::Notification(notification(1)));
    page.notifications.set_in_use(true);
    page.apply(id(2), &Event::Notification(notification(2)));
    page.apply_reading(&Reading { ids: vec![], unread: 0, through: Some("2".into()) });
    page.notifications.set_in_use(false);
    assert!(page.snapshot().notifications.iter().all(|notification| notification.read));
}

#[test]
fn a_filtered_page_takes_only_what_its_filter_lets_through() {
    let (_owner, page) = filtered_page_state(Filter { status: Some(Status::Packed), search: "ADA".into(), ..Filter::default() });
    page.apply(id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
    page.apply(id(2), &Event::OrderUpdated(order(2, 2, Status::Packed)));
    page.apply(id(3), &Event::OrderUpdated(Order { customer: "grace".into(), ..order(3, 2, Status::Packed) }));
    assert_eq!(numbers(page), [2]);
}

#[test]
fn a_page_of_older_orders_takes_no_new_ones() {
    let (_owner, page) = filtered_page_state(Filter { before: Some(1.into()), ..Filter::default() });
    page.apply(id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
    assert!(numbers(page).is_empty());
}

#[test]
fn a_page_of_which_rows_have_left_is_filled_up_when_nobody_is_at_it() {
    let filter = Filter { status: Some(Status::Placed), ..Filter::default() };
    let (_owner, page) = filtered_page_state(filter.clone());
    (1..=ORDERS_PER_PAGE as i64 + 1).for_each(|number| page.apply_order(&order(number, 1, Status::Placed)));
    assert!(page.older.get_untracked() && !page.begin_refresh(), "a full page lacks nothing");
    page.orders.set_in_use(true);
    page.apply(id(1), &Event::OrderUpdated(order(50, 2, Status::Packed)));
    assert!(!page.begin_refresh(), "not under a hand");
    page.orders.set_in_use(false);
    assert!(page.begin_refresh() && !page.begin_refresh(), "once at a time");
    // While the snapshot is on its way, one more row leaves and one comes; the snapshot has neither, and was taken before the page's position.
    page.apply(id(3), &Event::OrderUpdated(order(60, 2, Status::Packed)));
    page.apply(id(4), &Event::OrderUpdated(order(200, 1, Status::Placed)));
    let orders = (1..=ORDERS_PER_PAGE as i64 + 1).rev().filter(|number| *number != 50).map(|number| order(number, 1, Status::Placed));
    page.end_refresh(Some(Snapshot { cursor: id(2), orders: orders.collect(), ..snapshot(filter) }));
    let shown = numbers(page);
    assert_eq!((shown.first(), shown.last(), shown.len()), (Some(&200), Some(&1), ORDERS_PER_PAGE));
    assert!(!shown.contains(&50) && !shown.contains(&60));
    assert_eq!(page.cursor.get_untracked(), id(4), "events are not skipped by it");
}

#[test]
fn a_snapshot_that_is_ahead_of_the_page_is_not_taken_back_by_the_events_before_it() {
    let filter = Filter { status: Some(Status::Placed), ..Filter::default() };
    let (_owner, page) = filtered_page_state(filter.clone());
    page.older.set(true);
    page.apply(id(1), &Event::OrderUpdated(order(9, 1, Status::Placed)));
    page.apply(id(2), &Event::OrderUpdated(order(9, 2, Status::Packed)));
    assert!(page.begin_refresh());
    // Order 7 was placed and packed by then.
    page.end_refresh(Some(Snapshot { cursor: id(4), orders: vec![order(6, 1, Status::Placed)], ..snapshot(filter) }));
    page.apply(id(3), &Event::OrderUpdated(order(7, 1, Status::Placed)));
    assert_eq!(numbers(page), [6]);
    page.apply(id(4), &Event::OrderUpdated(order(7, 2, Status::Packed)));
    page.apply(id(5), &Event::OrderUpdated(order(8, 1, Status::Placed)));
    assert_eq!(numbers(page), [8, 6]);
}

#[test]
fn counts_that_an_event_concerns_are_due_until_the_server_has_told_them() {
    let filter = Filter { status: Some(Status::Packed), search: "ada".into(), ..Filter::default() };
    let (_owner, page) = filtered_page_state(filter.clone());
    page.tallies.set(Some(Tallies::default()));
    page.apply(id(1), &Event::OrderUpdated(Order { customer: "grace".into(), ..order(1, 1, Status::Placed) }));
    assert!(!page.begin_refresh(), "the search does not find it");
    page.apply(id(2), &Event::OrderUpdated(order(2, 1, Status::Placed)));
    page.orders.set_in_use(true);
    assert!(page.begin_refresh(), "counts move no row");
    page.end_refresh(None);
    assert!(page.begin_refresh(), "it could not be fetched");
    page.apply(id(3), &Event::OrderUpdated(order(3, 1, Status::Placed)));
    let counted = Snapshot { cursor: id(2), tallies: Some(Tallies([1, 0, 0, 0, 0])), ..snapshot(filter.clone()) };
    page.end_refresh(Some(counted));
    assert_eq!(page.tallies.get_untracked(), Some(Tallies([1, 0, 0, 0, 0])));
    assert!(page.begin_refresh(), "the third order came after it was counted");
    page.end_refresh(Some(Snapshot { cursor: id(3), tallies: Some(Tallies([2, 0, 0, 0, 0])), ..snapshot(filter) }));
    assert!(!page.begin_refresh());
}

#[test]
fn a_search_shows_what_it_has_found_and_what_came_meanwhile() {
    let (_owner, page) = filtered_page_state(Filter { sort: Sort::Highest, ..Filter::default() });
    page.apply(id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
    page.orders.show_waiting();
    let filter = Filter { search: "ada".into(), ..Filter::default() };
    page.begin_search();
    assert!(!page.begin_refresh(), "nothing else is asked for until it has ended");
    page.apply(id(2), &Event::OrderUpdated(order(2, 1, Status::Placed)));
    page.apply(id(3), &Event::OrderUpdated(order(2, 2, Status::Packed)));
    page.apply(id(4), &Event::OrderUpdated(Order { customer: "grace".into(), ..order(3, 1, Status::Placed) }));
    page.orders.set_in_use(true);
    let orders = vec![order(2, 1, Status::Placed), order(1, 1, Status::Placed)];
    page.end_search(Some(Snapshot { cursor: id(2), orders, ..snapshot(filter.clone()) }));
    assert_eq!((shown(page), page.orders.waiting.get_untracked()), (vec![(1, Status::Placed)], 1), "under a hand they wait");
    page.orders.show_waiting();
    assert_eq!(shown(page), [(2, Status::Packed), (1, Status::Placed)]);
    assert_eq!((page.filter.get_value(), page.cursor.get_untracked()), (filter, id(4)));
    page.orders.set_in_use(false);
    page.apply(id(5), &Event::OrderUpdated(order(4, 1, Status::Placed)));
    assert_eq!(numbers(page), [4, 2, 1], "its rows do not wait as those that are sorted by total");
}

#[test]
fn a_snapshot_of_the_orders_before_a_search_is_not_taken_over_after_it() {
    let before = Filter { search: "grace".into(), ..Filter::default() };
    let (_owner, page) = filtered_page_state(before.clone());
    page.tallies.set(Some(Tallies::default()));
    page.apply(id(1), &Event::OrderUpdated(Order { customer: "grace".into(), ..order(1, 1, Status::Placed) }));
    assert!(page.begin_refresh());
    page.begin_search();
    let late = Snapshot { cursor: id(1), orders: vec![order(9, 1, Status::Placed)], ..snapshot(before) };
    page.end_refresh(Some(late.clone()));
    page.apply(id(2), &Event::OrderUpdated(order(2, 2, Status::Packed)));
    let filter = Filter { search: "ada".into(), ..Filter::default() };
    let tallies = Some(Tallies::default());
    page.end_search(Some(Snapshot { cursor: id(1), orders: vec![order(2, 1, Status::Placed)], tallies, ..snapshot(filter) }));
    page.end_refresh(Some(late.clone()));
    assert_eq!(shown(page), [(2, Status::Packed)]);
    page.apply(id(3), &Event::OrderUpdated(order(2, 3, Status::Shipped)));
    assert!(page.begin_refresh());
    page.end_refresh(Some(late));
    assert_eq!(shown(page), [(2, Status::Shipped)], "also while the next refresh is under way");
}

#[test]
fn a_page_that_lists_no_orders_asks_for_none() {
    let (_owner, page) = filtered_page_state(Filter { before: Position::parse(BEHIND_ALL), ..Filter::default() });
    page.apply(id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
    assert!(!page.begin_refresh() && numbers(page).is_empty());
}

#[test]
fn where_rows_are_sorted_by_what_changes_they_wait_until_the_user_asks() {
    let (_owner, page) = filtered_page_state(Filter { sort: Sort::UpdatedLast, ..Filter::default() });
    let at = |number, version, second: i64| Order {
        updated_at: format!("2026-01-01T00:00:{second:02}.000Z"),
        ..order(number, version, Status::Placed)
    };
    for number in 1..=3 {
        page.apply(id(number), &Event::OrderUpdated(at(number, 1, number)));
    }
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![], 3));
    page.orders.show_waiting();
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![3, 2, 1], 0));
    page.apply(id(4), &Event::OrderUpdated(at(1, 2, 10)));
    page.apply(id(5), &Event::OrderUpdated(at(1, 3, 11)));
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![3, 2, 1], 1));
    assert_eq!(page.snapshot().orders[2].version, 3, "the row itself is live");
    page.orders.set_in_use(false);
    assert_eq!(numbers(page), [3, 2, 1]);
    page.orders.show_waiting();
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![1, 3, 2], 0));
    // A fresh snapshot after a gap moves nothing either, and counts what an event would have.
    page.replace(Snapshot { cursor: id(9), orders: vec![at(2, 2, 20), at(1, 3, 11), at(3, 1, 3)], ..page.snapshot() });
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![1, 3, 2], 1));
    page.orders.show_waiting();
    assert_eq!(numbers(page), [2, 1, 3]);
    // One that goes and comes back waits for nothing.
    page.apply(id(10), &Event::OrderUpdated(at(1, 4, 21)));
    page.replace(Snapshot { cursor: id(10), orders: vec![at(2, 2, 20), at(1, 3, 11), at(3, 1, 3)], ..page.snapshot() });
    assert_eq!(page.orders.waiting.get_untracked(), 0);
    // One that is gone waits to go, and moves none of the others.
    page.replace(Snapshot { cursor: id(10), orders: vec![at(1, 3, 11), at(3, 1, 3)], ..page.snapshot() });
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![2, 1, 3], 1));
    page.orders.show_waiting();
    assert_eq!((numbers(page), page.orders.waiting.get_untracked()), (vec![1, 3], 0));
}

#[test]
fn a_page_that_is_sorted_by_total_takes_what_stands_among_its_rows() {
    let (_owner, page) = filtered_page_state(Filter { sort: Sort::Highest, ..Filter::default() });
    let of = |number, total_cents| Order { total_cents, ..order(number, 1, Status::Placed) };
    for (number, total) in [(1, 500), (2, 900), (3, 500), (4, 100)] {
        page.apply(id(number), &Event::OrderUpdated(of(number, total)));
    }
    page.orders.show_waiting();
    assert_eq!(numbers(page), [2, 3, 1, 4]);
    page.apply(id(9), &Event::OrderUpdated(Order { version: 2, ..of(3, 500) }));
    assert_eq!(page.orders.waiting.get_untracked(), 0, "its place is the same");
}
