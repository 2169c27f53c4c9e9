//! The page state: what the page shows, as signals. It starts as a snapshot; events and the responses of server functions change it.
//!
//! Its cursor says which events it shows. The connection's machine decides which event comes next, and owns the position; the cursor
//! follows it.
//!
//! Promises:
//! - Applying an event twice is the same as once, in whatever way it came.
//! - A changed order touches the signal of its row alone.
//! - Rows that are in use do not move: see [`row_list`].
//! - What only the server can tell anew is asked for anew: see [`refresh`].
//! - What it holds does not grow with the events that have gone by: a row's signals are freed with the last reference to the row.

mod due;
mod refresh;
mod row_list;

#[cfg(test)]
mod tests;

pub use row_list::{Row, RowList};

use crate::model::{
    event::{Event, EventId},
    filter::{Filter, Sort, SortBy},
    notification::{Notification, Reading, UNREAD_MAX},
    order::Order,
    snapshot::{NOTIFICATIONS_PER_PAGE, ORDERS_PER_PAGE, Snapshot, Tallies},
    stats::{ConnectionInfo, ConsoleStats},
    user::User,
};
use due::Due;
use leptos::prelude::*;

/// Versions of orders that have left the page which are remembered: a response that comes late is not taken for a new order.
const DEPARTED_MAX: usize = 100;

/// The page's state. Copies share it.
#[derive(Clone, Copy)]
pub struct PageState {
    /// Every event up to here is in it, none after.
    pub cursor: RwSignal<EventId>,
    pub user: StoredValue<User>,
    /// The filter that the orders were chosen by.
    pub filter: StoredValue<Filter>,
    /// As the filter sorts them. Pinned, unless the newest come first.
    pub orders: RowList<Order>,
    /// Whether others that match the filter stand behind them.
    pub older: RwSignal<bool>,
    /// How many stand before them: see [`Snapshot::places`].
    pub places: RwSignal<i64>,
    /// See [`Snapshot::tallies`].
    pub tallies: RwSignal<Option<Tallies>>,
    /// The newest first.
    pub notifications: RowList<Notification>,
    /// The number of unread notifications, shown here or not.
    pub unread: RwSignal<i64>,
    /// For staff only.
    pub console_stats: RwSignal<Option<ConsoleStats>>,
    /// Those of the console stats, as rows.
    pub connections: RowList<ConnectionInfo>,
    /// Ids and versions, the oldest first.
    departed: StoredValue<Vec<(String, i64)>>,
    refresh: StoredValue<Due>,
    /// See [`Snapshot::keep_alive_ms`].
    pub keep_alive_ms: u64,
}

impl PageState {
    /// The state of a page that was rendered from `snapshot`.
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            cursor: RwSignal::new(snapshot.cursor),
            user: StoredValue::new(snapshot.user),
            orders: RowList::new(snapshot.orders).pinned(snapshot.filter.sort != Sort::Newest),
            filter: StoredValue::new(snapshot.filter),
            older: RwSignal::new(snapshot.older),
            places: RwSignal::new(snapshot.places),
            tallies: RwSignal::new(snapshot.tallies),
            notifications: RowList::new(snapshot.notifications),
            unread: RwSignal::new(snapshot.unread),
            connections: RowList::new(connections(&snapshot.console_stats)),
            console_stats: RwSignal::new(snapshot.console_stats),
            departed: StoredValue::new(Vec::new()),
            refresh: StoredValue::new(Due::default()),
            keep_alive_ms: snapshot.keep_alive_ms,
        }
    }

    /// What the page shows now, as a snapshot.
    pub fn snapshot(self) -> Snapshot {
        Snapshot {
            cursor: self.cursor.get_untracked(),
            user: self.user.get_value(),
            orders: self.orders.values(),
            filter: self.filter.get_value(),
            older: self.older.get_untracked(),
            places: self.places.get_untracked(),
            tallies: self.tallies.get_untracked(),
            notifications: self.notifications.values(),
            unread: self.unread.get_untracked(),
            console_stats: self.console_stats.get_untracked(),
            keep_alive_ms: self.keep_alive_ms,
        }
    }

    /// Applies an event of the log. Returns whether it was new: one at or before the cursor is in it already.
    pub fn apply(self, id: EventId, event: &Event) -> bool {
        if self.has(&id) {
            return false;
        }
        match event {
            Event::OrderUpdated(order) => self.apply_order_of(id.sequence, order),
            Event::Notification(notification) => self.apply_notification(notification),
            Event::NotificationRead(reading) => {
                self.apply_reading(reading);
                self.unread.set(reading.unread);
            }
        }
        self.cursor.set(id);
        true
    }

    /// Whether the page shows what is at this position.
    pub fn has(self, id: &EventId) -> bool {
        self.cursor.with_untracked(|cursor| id.epoch == cursor.epoch && id.sequence <= cursor.sequence)
    }

    /// Takes over an order that is newer than the page's, or that the page lacks and should show.
    pub fn apply_order(self, order: &Order) {
        let row = match self.orders.find(|held| held.order_id == order.order_id) {
            Some(row) if row.with_untracked(|held| held.version >= order.version) => return,
            Some(row) => {
                row.set(order.clone());
                row
            }
            None if self.has_departed(order) => return,
            None => Row::new(order.clone()),
        };
        let (belongs, sort, is_first_page) = self.filter.with_value(|filter| (filter.matches(order), filter.sort, filter.is_first_page()));
        let has_older = self.older.get_untracked();
        let mut surplus = false;
        self.orders.change(|rows| {
            let at = rows.iter().position(|other| other.same(&row));
            match at {
                // It stays where it is.
                Some(_) if belongs && sort.by() != SortBy::Updated => return false,
                Some(at) => _ = rows.remove(at),
                None => {}
            }
            // Responses and events may come in either order.
            let place = rows.partition_point(|other| other.with_untracked(|other| sort.is_before(other, order)));
            let fits = match is_first_page {
                // Where there is a next page, what comes after the last row is on it.
                true => place < rows.len() || place == 0 || !has_older,
                // What comes to another page, the server tells; but where rows are sorted by what changes, nobody asks it.
                false => self.orders.is_pinned() && (1..rows.len()).contains(&place),
            };
            if belongs && fits {
                rows.insert(place, row.clone());
                surplus = rows.len() > ORDERS_PER_PAGE;
                rows.truncate(ORDERS_PER_PAGE);
            }
            at != rows.iter().position(|other| other.same(&row))
        });
        if !belongs {
            self.remember_departed(order);
        }
        if surplus && !has_older {
            self.older.set(true);
        }
        self.refill(has_older);
    }

    /// Takes a fresh snapshot over.
    pub fn replace(self, snapshot: Snapshot) {
        self.orders.replace(snapshot.orders, |order| &order.order_id);
        self.notifications.replace(snapshot.notifications, |notification| &notification.id);
        self.unread.set(snapshot.unread);
        self.older.set(snapshot.older);
        self.places.set(snapshot.places);
        self.tallies.set(snapshot.tallies);
        self.refresh.set_value(Due::default());
        self.show_stats(snapshot.console_stats);
        self.cursor.set(snapshot.cursor);
        self.departed.update_value(Vec::clear);
    }

    /// Takes newer console stats over.
    pub fn show_stats(self, stats: Option<ConsoleStats>) {
        self.connections.replace(connections(&stats), |connection| &connection.client_id);
        self.console_stats.set(stats);
    }

    /// Marks what has been read, here or elsewhere. How many are left is for the event to say, which has its place in the order of things.
    pub fn apply_reading(self, reading: &Reading) {
        let rows = self.notifications.all();
        let id_of = |row: &Row<Notification>| row.with_untracked(|notification| notification.id.clone());
        // The newest stands first: what follows the one up to which all is read came before it.
        let through = reading.through.as_ref().and_then(|through| rows.iter().position(|row| id_of(row) == *through)).unwrap_or(rows.len());
        for (place, row) in rows.iter().enumerate() {
            if (place >= through || reading.ids.contains(&id_of(row))) && row.with_untracked(|notification| !notification.read) {
                row.update(|notification| notification.read = true);
            }
        }
    }

    fn apply_notification(self, notification: &Notification) {
        if self.notifications.find(|held| held.id == notification.id).is_some() {
            return;
        }
        let row = Row::new(notification.clone());
        self.notifications.change(|rows| {
            rows.insert(0, row.clone());
            rows.truncate(NOTIFICATIONS_PER_PAGE);
            true
        });
        self.unread.update(|unread| *unread = UNREAD_MAX.min(*unread + 1));
    }

    fn has_departed(self, order: &Order) -> bool {
        self.departed.with_value(|departed| departed.iter().any(|(id, version)| *id == order.order_id && *version >= order.version))
    }

    fn remember_departed(self, order: &Order) {
        self.departed.update_value(|departed| {
            departed.retain(|(id, _)| *id != order.order_id);
            departed.push((order.order_id.clone(), order.version));
            let surplus = departed.len().saturating_sub(DEPARTED_MAX);
            departed.drain(..surplus);
        });
    }
}

fn connections(stats: &Option<ConsoleStats>) -> Vec<ConnectionInfo> {
    stats.as_ref().map(|stats| stats.streams.clone()).unwrap_or_default()
}
