//! A list of rows that does not move under a hand: while it is in use (a pointer or the focus is in it), rows keep their places.
//!
//! It has two lists: the current rows, which a reload would show, and the rows that are shown. While the list is not in use they are the
//! same. While it is in use, a new row waits, and a row that is not current any more stays and is marked as leaving; a row that changes
//! shows its change at once. When the use ends, or the user asks for the waiting rows, the current rows are shown.
//!
//! A pinned list is always in use: where rows are sorted by what changes, they would never stand still. There waits what would come, go or
//! move, until the user asks for it.
//!
//! Promises: how many rows wait is always known ([`RowList::waiting`]); without use, the shown rows of a list that is not pinned
//! are the current ones (invariant 7); only
//! a change of which rows are shown, or of their order, notifies [`RowList::shown`].

use leptos::prelude::*;
use std::sync::Arc;

/// A row: its value, and whether it leaves the list. Copies share both. They belong to no reactive owner, and are freed with the last copy.
#[derive(Clone, Debug)]
pub struct Row<T>(pub(super) Arc<RowSignals<T>>);

#[derive(Debug)]
pub(super) struct RowSignals<T> {
    value: ArcRwSignal<T>,
    leaving: ArcRwSignal<bool>,
}

impl<T: Send + Sync + 'static> Row<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(RowSignals { value: ArcRwSignal::new(value), leaving: ArcRwSignal::new(false) }))
    }

    /// The value, as a signal of the current reactive owner.
    pub fn signal(&self) -> RwSignal<T> {
        self.0.value.clone().into()
    }

    /// Whether the row is shown only until the list is not in use any more.
    pub fn leaving(&self) -> RwSignal<bool> {
        self.0.leaving.clone().into()
    }

    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0.value.with(read)
    }

    pub fn with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.0.value.with_untracked(read)
    }

    pub(super) fn set(&self, value: T) {
        self.0.value.set(value);
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut T)) {
        self.0.value.update(change);
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn is_in(&self, rows: &[Self]) -> bool {
        rows.iter().any(|row| row.same(self))
    }

    fn set_leaving(&self, leaving: bool) {
        if self.0.leaving.get_untracked() != leaving {
            self.0.leaving.set(leaving);
        }
    }
}

/// The list. Copies share it.
#[derive(Debug)]
pub struct RowList<T: 'static> {
    pub(super) current: StoredValue<Vec<Row<T>>>,
    shown: RwSignal<Vec<Row<T>>>,
    /// How many rows wait.
    pub waiting: RwSignal<usize>,
    in_use: StoredValue<bool>,
    pinned: StoredValue<bool>,
}

impl<T> Clone for RowList<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RowList<T> {}

impl<T: Clone + Send + Sync + 'static> RowList<T> {
    pub fn new(values: Vec<T>) -> Self {
        let rows: Vec<_> = values.into_iter().map(Row::new).collect();
        Self {
            current: StoredValue::new(rows.clone()),
            shown: RwSignal::new(rows),
            waiting: RwSignal::new(0),
            in_use: StoredValue::new(false),
            pinned: StoredValue::new(false),
        }
    }

    /// The same list, from now on pinned or not.
    pub fn pinned(self, pinned: bool) -> Self {
        self.pinned.set_value(pinned);
        self
    }

    pub(super) fn is_pinned(self) -> bool {
        self.pinned.get_value()
    }

    /// The rows to show.
    pub fn shown(self) -> Vec<Row<T>> {
        self.shown.get()
    }

    /// Whether it is in use.
    pub(super) fn is_in_use(self) -> bool {
        self.is_pinned() || self.in_use.get_value()
    }

    /// Says whether the list is in use from now on.
    pub fn set_in_use(self, in_use: bool) {
        self.in_use.set_value(in_use);
        self.settle();
    }

    /// Shows the rows that wait, also while the list is in use.
    pub fn show_waiting(self) {
        self.show_current();
    }

    /// The values that are shown, untracked.
    pub(super) fn values(self) -> Vec<T> {
        self.shown.with_untracked(|rows| rows.iter().map(|row| row.with_untracked(T::clone)).collect())
    }

    /// The rows that are current, and then those that are only shown.
    pub(super) fn all(self) -> Vec<Row<T>> {
        let mut rows = self.current.get_value();
        self.shown.with_untracked(|shown| {
            let leaving: Vec<_> = shown.iter().filter(|row| !row.is_in(&rows)).cloned().collect();
            rows.extend(leaving);
        });
        rows
    }

    /// The row that it is, current or only shown.
    pub(super) fn find(self, is: impl Fn(&T) -> bool) -> Option<Row<T>> {
        let find = |rows: &Vec<Row<T>>| rows.iter().find(|row| row.with_untracked(&is)).cloned();
        self.current.with_value(find).or_else(|| self.shown.with_untracked(find))
    }

    /// Changes which rows are current, and where. `change` returns whether it has changed anything.
    pub(super) fn change(self, change: impl FnOnce(&mut Vec<Row<T>>) -> bool) {
        if self.current.try_update_value(change) == Some(true) {
            self.settle();
        }
    }

    /// Replaces the current rows by those of `values`. A row with the same key stays the same row.
    pub(super) fn replace(self, values: Vec<T>, key: fn(&T) -> &str) {
        let held = self.all();
        let row = |value: T| match held.iter().find(|row| row.with_untracked(|other| key(other) == key(&value))) {
            Some(row) => {
                row.set(value);
                row.clone()
            }
            None => Row::new(value),
        };
        let current: Vec<_> = values.into_iter().map(row).collect();
        self.current.set_value(current);
        self.settle();
    }

    fn settle(self) {
        if !self.is_in_use() {
            return self.show_current();
        }
        let current = self.current.get_value();
        let waiting = self.shown.with_untracked(|shown| {
            shown.iter().for_each(|row| row.set_leaving(!row.is_in(&current)));
            match self.is_pinned() {
                true => changes(shown, &current),
                false => current.iter().filter(|row| !row.is_in(shown)).count(),
            }
        });
        self.set_waiting(waiting);
    }

    fn show_current(self) {
        let current = self.current.get_value();
        current.iter().for_each(|row| row.set_leaving(false));
        let are_shown =
            |shown: &Vec<Row<T>>| shown.len() == current.len() && shown.iter().zip(&current).all(|(one, other)| one.same(other));
        if !self.shown.with_untracked(are_shown) {
            self.shown.set(current);
        }
        self.set_waiting(0);
    }

    fn set_waiting(self, waiting: usize) {
        if self.waiting.get_untracked() != waiting {
            self.waiting.set(waiting);
        }
    }
}

/// How many rows come, go or move; one that comes for another that goes counts once. The rows that keep their order are as many as the longest
/// increasing subsequence of the places that they had.
fn changes<T: Send + Sync + 'static>(shown: &[Row<T>], current: &[Row<T>]) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    for place in current.iter().filter_map(|row| shown.iter().position(|other| other.same(row))) {
        let length = ends.partition_point(|end| *end < place);
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    shown.len().max(current.len()) - ends.len()
}
