//! The page state: what the page shows, as signals. It starts as a snapshot; events and the answers of server functions change it.
//!
//! Its cursor says which events it shows. The connection's machine decides which event comes next, and owns the position; the cursor follows it.
//!
//! Promises: applying an event twice is the same as once, in whatever way it came; a changed order touches the signals of its row alone.

use crate::model::{
    event::{Event, EventId},
    notification::{Notification, NotificationStoreFields, Reading, UNREAD_MAX},
    order::{Order, OrderStoreFields},
    snapshot::{NOTIFICATIONS_PER_PAGE, ORDERS_PER_PAGE, Snapshot, SnapshotStoreFields},
};
use leptos::prelude::*;
use reactive_stores::Store;

/// The page's state. Copies share it.
pub type PageState = Store<Snapshot>;

/// Applies an event of the log. Returns whether it was new: one at or before the cursor is in it already.
pub fn apply(page_state: PageState, id: EventId, event: &Event) -> bool {
    if has(page_state, &id) {
        return false;
    }
    match event {
        Event::OrderUpdated(order) => apply_order(page_state, order),
        Event::Notification(notification) => apply_notification(page_state, notification),
        Event::NotificationRead(reading) => {
            apply_reading(page_state, reading);
            page_state.unread().set(reading.unread);
        }
    }
    page_state.cursor().set(id);
    true
}

/// Whether the page shows what is at this position.
pub fn has(page_state: PageState, id: &EventId) -> bool {
    page_state.cursor().with_untracked(|cursor| id.epoch == cursor.epoch && id.sequence <= cursor.sequence)
}

/// Takes over an order that is newer than the page's, or that the page lacks and should show.
pub fn apply_order(page_state: PageState, order: &Order) {
    let orders = page_state.orders();
    let held = orders.read_untracked().iter().find(|held| held.order_id == order.order_id).map(|held| held.version);
    match held {
        Some(version) if version < order.version => {
            let row = || page_state.orders().at_key(order.order_id.clone());
            row().status().set(order.status);
            row().updated_at().set(order.updated_at.clone());
            row().version().set(order.version);
        }
        None if page_state.filter().with_untracked(|filter| filter.before.is_none() && filter.matches(order)) => {
            // Answers and events may come in either order; rows stand by number.
            let place = orders.read_untracked().partition_point(|other| other.number > order.number);
            let mut rows = orders.write();
            rows.insert(place, order.clone());
            let surplus = rows.len() > ORDERS_PER_PAGE;
            rows.truncate(ORDERS_PER_PAGE);
            drop(rows);
            if surplus && !page_state.older().get_untracked() {
                page_state.older().set(true);
            }
        }
        _ => {}
    }
}

/// Takes a fresh snapshot over. Field by field: only a write to a keyed field tells the store where each row is now.
pub fn replace(page_state: PageState, snapshot: Snapshot) {
    page_state.orders().set(snapshot.orders);
    page_state.notifications().set(snapshot.notifications);
    page_state.unread().set(snapshot.unread);
    page_state.older().set(snapshot.older);
    page_state.console_stats().set(snapshot.console_stats);
    page_state.cursor().set(snapshot.cursor);
}

/// Marks what has been read, here or elsewhere. How many are left is for the event to say, which has its place in the order of things.
pub fn apply_reading(page_state: PageState, reading: &Reading) {
    let shown = page_state.notifications();
    let rows = shown.read_untracked();
    // The newest stands first: what follows the one up to which all is read came before it.
    let through = reading.through.as_ref().and_then(|through| rows.iter().position(|row| row.id == *through)).unwrap_or(rows.len());
    let is_read = |(place, row): &(usize, &Notification)| !row.read && (*place >= through || reading.ids.contains(&row.id));
    let newly: Vec<_> = rows.iter().enumerate().filter(is_read).map(|(_, row)| row.id.clone()).collect();
    drop(rows);
    for id in newly {
        page_state.notifications().at_key(id).read().set(true);
    }
}

fn apply_notification(page_state: PageState, notification: &Notification) {
    let shown = page_state.notifications();
    if shown.read_untracked().iter().any(|other| other.id == notification.id) {
        return;
    }
    let mut rows = shown.write();
    rows.insert(0, notification.clone());
    rows.truncate(NOTIFICATIONS_PER_PAGE);
    drop(rows);
    page_state.unread().update(|unread| *unread = UNREAD_MAX.min(*unread + 1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
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

    fn page_state() -> PageState {
        Store::new(Snapshot {
            cursor: id(0),
            user: User { username: "ada".into(), role: Role::Customer },
            orders: vec![],
            filter: Filter::default(),
            older: false,
            notifications: vec![],
            unread: 0,
            console_stats: None,
            keep_alive_ms: 30_000,
        })
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (1..5i64, 0..4usize).prop_map(|(number, step)| Event::OrderUpdated(order(number, step as i64 + 1, Status::STEPS[step]))),
            (1..6i64).prop_map(|id| Event::Notification(notification(id))),
            (1..6i64, 0..4i64).prop_map(|(id, unread)| Event::NotificationRead(Reading {
                ids: vec![id.to_string()],
                unread,
                through: None
            })),
            (1..6i64).prop_map(|id| Event::NotificationRead(Reading { ids: vec![], unread: 0, through: Some(id.to_string()) })),
        ]
    }

    proptest! {
        #[test]
        fn applying_an_event_twice_is_the_same_as_once(events in prop::collection::vec((event(), 1..4usize), 1..20)) {
            let owner = Owner::new();
            owner.set();
            let (once, often) = (page_state(), page_state());
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
        let page_state = page_state();
        apply_order(page_state, &order(2, 1, Status::Placed));
        apply(page_state, id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
        apply(page_state, id(2), &Event::OrderUpdated(order(2, 1, Status::Placed)));
        apply(page_state, id(3), &Event::OrderUpdated(order(2, 2, Status::Packed)));
        apply_order(page_state, &order(2, 1, Status::Placed));
        let rows: Vec<_> = page_state.orders().get_untracked().iter().map(|order| (order.number, order.status)).collect();
        assert_eq!(rows, [(2, Status::Packed), (1, Status::Placed)]);
    }

    #[test]
    fn after_a_fresh_snapshot_each_row_is_found_where_it_is_now() {
        let owner = Owner::new();
        owner.set();
        let page_state = page_state();
        for number in 1..=3 {
            apply_order(page_state, &order(number, 1, Status::Placed));
        }
        apply_order(page_state, &order(3, 2, Status::Packed));
        let fresh = Snapshot {
            cursor: id(9),
            orders: vec![order(2, 3, Status::Shipped), order(1, 1, Status::Placed)],
            ..page_state.get_untracked()
        };
        replace(page_state, fresh);
        apply(page_state, id(10), &Event::OrderUpdated(order(1, 2, Status::Packed)));
        let rows: Vec<_> = page_state.orders().get_untracked().iter().map(|order| (order.number, order.status)).collect();
        assert_eq!(rows, [(2, Status::Shipped), (1, Status::Packed)]);
        assert!(!apply(page_state, id(9), &Event::OrderUpdated(order(3, 3, Status::Shipped))), "the snapshot has it already");
    }

    #[test]
    fn the_unread_count_is_the_events_to_say() {
        let owner = Owner::new();
        owner.set();
        let page_state = page_state();
        apply(page_state, id(1), &Event::Notification(notification(1)));
        let reading = Reading { ids: vec!["1".into()], unread: 0, through: None };
        apply(page_state, id(2), &Event::NotificationRead(reading.clone()));
        apply(page_state, id(3), &Event::Notification(notification(2)));
        // The answer to the reading comes last, and knows nothing of the second notification.
        apply_reading(page_state, &reading);
        assert_eq!(page_state.unread().get_untracked(), 1);
    }

    #[test]
    fn a_filtered_page_takes_only_what_its_filter_lets_through() {
        let owner = Owner::new();
        owner.set();
        let page_state = page_state();
        page_state.filter().set(Filter { status: Some(Status::Packed), search: "ADA".into(), ..Filter::default() });
        apply(page_state, id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
        apply(page_state, id(2), &Event::OrderUpdated(order(2, 2, Status::Packed)));
        apply(page_state, id(3), &Event::OrderUpdated(Order { customer: "grace".into(), ..order(3, 2, Status::Packed) }));
        let numbers = || page_state.orders().get_untracked().iter().map(|order| order.number).collect::<Vec<_>>();
        assert_eq!(numbers(), [2]);
        apply(page_state, id(4), &Event::OrderUpdated(order(2, 3, Status::Shipped)));
        assert_eq!(numbers(), [2], "what is shown stays where it is, so that nothing moves under a hand");
    }

    #[test]
    fn a_page_of_older_orders_takes_no_new_ones() {
        let owner = Owner::new();
        owner.set();
        let page_state = page_state();
        page_state.filter().write().before = Some(1);
        apply(page_state, id(1), &Event::OrderUpdated(order(1, 1, Status::Placed)));
        assert!(page_state.orders().read_untracked().is_empty());
    }
}
