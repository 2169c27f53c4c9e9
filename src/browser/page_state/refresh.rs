//! What events do not tell, and the server is asked for anew: how many orders of each status a search finds, how many stand before the first
//! row of a later page, and the rows that come from the next page where others have left; and all of them where another search is made.
//!
//! Promises: counts that an event has changed, and rows that are missing, are due until a snapshot that has them is taken over, so that the
//! page shows what a reload shows (invariant 7); rows do not move while the list is in use; a snapshot takes back nothing that an event has
//! told since it was taken.

use super::PageState;
use crate::model::{
    filter::{Filter, Sort},
    order::Order,
    snapshot::{ORDERS_PER_PAGE, Snapshot},
};
use leptos::prelude::*;

impl PageState {
    /// Whether a snapshot is due. The caller then fetches it, and calls [`PageState::end_refresh`].
    pub fn begin_refresh(self) -> bool {
        let in_use = self.orders.is_in_use();
        self.refresh.try_update_value(|refresh| {
            let is_due = !refresh.searching && refresh.meanwhile.is_none() && (refresh.counts_due || refresh.rows_due && !in_use);
            if is_due {
                refresh.meanwhile = Some(Vec::new());
            }
            is_due
        }) == Some(true)
    }

    /// Takes over what the snapshot tells; `None` where it could not be fetched: it is due still.
    pub fn end_refresh(self, snapshot: Option<Snapshot>) {
        // A search gathers what comes meanwhile, too; and one that has ended since then shows other orders.
        let is_other = |snapshot: &Snapshot| snapshot.filter.query() != self.filter.with_value(Filter::query);
        if self.refresh.with_value(|refresh| refresh.searching) || snapshot.as_ref().is_some_and(is_other) {
            return;
        }
        self.take_over(snapshot, false);
    }

    /// Begins a search: its snapshot is fetched from now on. The caller then calls [`PageState::end_search`].
    pub fn begin_search(self) {
        self.refresh.update_value(|refresh| {
            refresh.searching = true;
            refresh.meanwhile = Some(Vec::new());
        });
    }

    /// Shows what the search has found; `None` where it could not be fetched. While the list is in use, its rows wait: the caller shows them
    /// ([`RowList::show_waiting`](super::RowList::show_waiting)), or not.
    pub fn end_search(self, snapshot: Option<Snapshot>) {
        self.refresh.update_value(|refresh| refresh.searching = false);
        if let Some(snapshot) = &snapshot {
            self.orders.pinned(snapshot.filter.sort != Sort::Newest);
            self.filter.set_value(snapshot.filter.clone());
            self.departed.update_value(Vec::clear);
            // Where the snapshot is of another epoch, they are still to come.
            self.refresh.update_value(|refresh| (refresh.counts_due, refresh.rows_due) = (true, true));
        }
        self.take_over(snapshot, true);
    }

    fn take_over(self, snapshot: Option<Snapshot>, is_search: bool) {
        let meanwhile = self.refresh.try_update_value(|refresh| refresh.meanwhile.take()).flatten();
        // None: the page was replaced meanwhile.
        let (Some(meanwhile), Some(snapshot)) = (meanwhile, snapshot) else { return };
        let through = snapshot.cursor.sequence;
        if self.cursor.with_untracked(|cursor| cursor.epoch != snapshot.cursor.epoch) {
            return;
        }
        self.older.set(snapshot.older);
        self.places.set(snapshot.places);
        self.tallies.set(snapshot.tallies);
        let takes_rows = is_search || !self.orders.is_in_use();
        self.refresh.update_value(|refresh| {
            refresh.counts_due = false;
            if takes_rows {
                refresh.rows_due = false;
                refresh.rows_through = through;
            }
        });
        if takes_rows {
            self.orders.replace(snapshot.orders, |order| &order.order_id);
        }
        for (sequence, order) in meanwhile {
            if sequence > through {
                self.apply_order_of(sequence, &order);
            }
        }
    }

    /// Applies an order that an event of that sequence told.
    pub(super) fn apply_order_of(self, sequence: i64, order: &Order) {
        let rows_through = self.refresh.with_value(|refresh| refresh.rows_through);
        if sequence <= rows_through {
            return;
        }
        self.apply_order(order);
        let (finds, is_first_page) = self.filter.with_value(|filter| (!filter.lists_none() && filter.finds(order), filter.is_first_page()));
        let counts = finds && (!is_first_page || self.tallies.with_untracked(Option::is_some));
        self.refresh.update_value(|refresh| {
            refresh.counts_due |= counts;
            refresh.rows_due |= counts && !is_first_page;
            if let Some(meanwhile) = &mut refresh.meanwhile {
                meanwhile.push((sequence, order.clone()));
            }
        });
    }

    /// Where rows have left, and there are more on the next page, some are due.
    pub(super) fn refill(self, has_older: bool) {
        let is_short = has_older && !self.orders.is_pinned() && self.orders.current.with_value(|rows| rows.len() < ORDERS_PER_PAGE);
        if is_short {
            self.refresh.update_value(|refresh| refresh.rows_due = true);
        }
    }
}
