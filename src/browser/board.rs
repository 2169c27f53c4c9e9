//! The board: what the page shows, as signals. It starts as a snapshot and is carried on by events, or by what a server function answers.
//!
//! Promises: applying an event twice is the same as once, in whatever way it came; a changed order touches the signals of its row alone.

use crate::{
    event::{Event, EventId},
    notification::{Notification, NotificationStoreFields, Reading},
    order::{Order, OrderStoreFields},
    snapshot::{ORDERS, Snapshot, SnapshotStoreFields},
};
use leptos::prelude::*;
use reactive_stores::Store;

/// The page's state. Copies share it.
pub type Board = Store<Snapshot>;

/// Notifications that are kept on the page.
const NOTIFICATIONS: usize = 30;

/// Applies an event of the log. Returns whether it was new: one at or before the board's position is in it already.
pub fn apply(board: Board, id: EventId, event: &Event) -> bool {
    if has(board, &id) {
        return false;
    }
    match event {
        Event::OrderUpdated(order) => apply_order(board, order),
        Event::Notification(notification) => apply_notification(board, notification),
        Event::NotificationRead(reading) => {
            apply_reading(board, reading);
            board.unread().set(reading.unread);
        }
    }
    board.cursor().set(id);
    true
}

/// Whether the board has what is at this position.
pub fn has(board: Board, id: &EventId) -> bool {
    board.cursor().with_untracked(|cursor| id.epoch == cursor.epoch && id.sequence <= cursor.sequence)
}

/// Takes over an order that is newer than the board's, or that the board lacks and should show.
pub fn apply_order(board: Board, order: &Order) {
    let orders = board.orders();
    let held = orders.read_untracked().iter().find(|held| held.order_id == order.order_id).map(|held| held.version);
    match held {
        Some(version) if version < order.version => {
            let row = || board.orders().at_key(order.order_id.clone());
            row().status().set(order.status);
            row().updated_at().set(order.updated_at.clone());
            row().version().set(order.version);
        }
        None if board.filter().with_untracked(|filter| filter.before.is_none() && filter.matches(order)) => {
            // Answers and events may come in either order; rows stand by number.
            let place = orders.read_untracked().partition_point(|other| other.number > order.number);
            let mut rows = orders.write();
            rows.insert(place, order.clone());
            let surplus = rows.len() > ORDERS;
            rows.truncate(ORDERS);
            drop(rows);
            if surplus && !board.older().get_untracked() {
                board.older().set(true);
            }
        }
        _ => {}
    }
}

/// Takes a fresh snapshot over. Field by field: only a write to a keyed field tells the store where each row is now.
pub fn replace(board: Board, snapshot: Snapshot) {
    board.orders().set(snapshot.orders);
    board.notifications().set(snapshot.notifications);
    board.unread().set(snapshot.unread);
    board.older().set(snapshot.older);
    board.desk().set(snapshot.desk);
    board.cursor().set(snapshot.cursor);
}

/// Marks what has been read, here or elsewhere. How many are left is for the event to say, which has its place in the order of things.
pub fn apply_reading(board: Board, reading: &Reading) {
    let shown = board.notifications();
    let newly: Vec<_> =
        shown.read_untracked().iter().filter(|row| !row.read && reading.ids.contains(&row.id)).map(|row| row.id.clone()).collect();
    for id in newly {
        board.notifications().at_key(id).read().set(true);
    }
}

fn apply_notification(board: Board, notification: &Notification) {
    let shown = board.notifications();
    if shown.read_untracked().iter().any(|other| other.id == notification.id) {
        return;
    }
    let mut rows = shown.write();
    rows.insert(0, notification.clone());
    rows.truncate(NOTIFICATIONS);
    drop(rows);
    *board.unread().write() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        order::Status,
        snapshot::Filter,
        user::{Role, User},
    };
    use proptest::prelude::*;

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

    fn board() -> Board {
        Store::new(Snapshot {
            cursor: id(0),
            user: User { username: "ada".into(), role: Role::Customer },
            orders: vec![],
            filter: Filter::default(),
            older: false,
            notifications: vec![],
            unread: 0,
            desk: None,
            keep_alive_ms: 30_000,
        })
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (1..5i64, 0..4usize).prop_map(|(number, step)| Event::OrderUpdated(order(number, step as i64 + 1, Status::WAY[step]))),
            (1..6i64).prop_map(|id| Event::Notification(notification(id))),
            (1..6i64, 0..4i64).prop_map(|(id, unread)| Event::NotificationRead(Reading { ids: vec![id.to_string()], unread })),
        ]
    }

    proptest! {
        #[test]
        fn applying_an_event_twice_is_the_same_as_once(events in prop::collection::vec((event(), 1..4usize), 1..20)) {
            let owner = Owner::new();
            owner.set();
            let (once, often) = (board(), board());
            for (place, (event, times)) in events.iter().enumerate() {
                prop_assert!(apply(once, id(place as i64 + 1), event));
                for time in 0..*times {
                    prop_assert_eq!(apply(often, id(place as i64 + 1), event), time == 0);
                }
            }
            prop_assert_eq!(once.get_untracked(), often.get_untracked());
        }
    }

    #[test]
    fn an_answer_and_its_event_are_one_row_whichever_comes_first() {
        let owner = Owner::new();
        owner.set();
        let board = board();
        apply_order(board, &order(2, 1, Status::Placed));
        apply(board, id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
        apply(board, id(2), &Event::OrderUpdated(order(2, 1, Status::Placed)));
        apply(board, id(3), &Event::OrderUpdated(order(2, 2, Status::Packed)));
        apply_order(board, &order(2, 1, Status::Placed));
        let rows: Vec<_> = board.orders().get_untracked().iter().map(|order| (order.number, order.status)).collect();
        assert_eq!(rows, [(2, Status::Packed), (1, Status::Placed)]);
    }

    #[test]
    fn after_a_fresh_snapshot_each_row_is_found_where_it_is_now() {
        let owner = Owner::new();
        owner.set();
        let board = board();
        for number in 1..=3 {
            apply_order(board, &order(number, 1, Status::Placed));
        }
        apply_order(board, &order(3, 2, Status::Packed));
        let fresh =
            Snapshot { cursor: id(9), orders: vec![order(2, 3, Status::Shipped), order(1, 1, Status::Placed)], ..board.get_untracked() };
        replace(board, fresh);
        apply(board, id(10), &Event::OrderUpdated(order(1, 2, Status::Packed)));
        let rows: Vec<_> = board.orders().get_untracked().iter().map(|order| (order.number, order.status)).collect();
        assert_eq!(rows, [(2, Status::Shipped), (1, Status::Packed)]);
        assert!(!apply(board, id(9), &Event::OrderUpdated(order(3, 3, Status::Shipped))), "the snapshot has it already");
    }

    #[test]
    fn the_unread_count_is_the_events_to_say() {
        let owner = Owner::new();
        owner.set();
        let board = board();
        apply(board, id(1), &Event::Notification(notification(1)));
        let reading = Reading { ids: vec!["1".into()], unread: 0 };
        apply(board, id(2), &Event::NotificationRead(reading.clone()));
        apply(board, id(3), &Event::Notification(notification(2)));
        // The answer to the reading comes last, and knows nothing of the second notification.
        apply_reading(board, &reading);
        assert_eq!(board.unread().get_untracked(), 1);
    }

    #[test]
    fn a_filtered_page_takes_only_what_its_filter_lets_through() {
        let owner = Owner::new();
        owner.set();
        let board = board();
        board.filter().set(Filter { status: Some(Status::Packed), search: "ADA".into(), before: None });
        apply(board, id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
        apply(board, id(2), &Event::OrderUpdated(order(2, 2, Status::Packed)));
        apply(board, id(3), &Event::OrderUpdated(Order { customer: "grace".into(), ..order(3, 2, Status::Packed) }));
        let numbers = || board.orders().get_untracked().iter().map(|order| order.number).collect::<Vec<_>>();
        assert_eq!(numbers(), [2]);
        apply(board, id(4), &Event::OrderUpdated(order(2, 3, Status::Shipped)));
        assert_eq!(numbers(), [2], "what is shown stays where it is, so that nothing moves under a hand");
    }

    #[test]
    fn a_page_of_older_orders_takes_no_new_ones() {
        let owner = Owner::new();
        owner.set();
        let board = board();
        board.filter().write().before = Some(1);
        apply(board, id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
        assert!(board.orders().read_untracked().is_empty());
    }
}
