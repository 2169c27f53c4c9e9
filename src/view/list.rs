//! Keyed lists: rows are added, removed and moved, and the other rows are not rendered again.

use leptos::prelude::*;

/// A row of a list: its key, and the function that renders it, once.
pub struct Row {
    key: String,
    render: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Row {
    /// `key` is the row's own among the list's rows.
    pub fn new<V: IntoAny>(key: impl ToString, render: impl FnOnce() -> V + Send + 'static) -> Self {
        Self { key: key.to_string(), render: Box::new(|| render().into_any()) }
    }
}

/// Shows the rows that `each` returns, in that order. A row whose key was there before is kept as it is.
pub fn keyed_rows(each: impl Fn() -> Vec<Row> + Send + Sync + 'static) -> impl IntoView {
    let each: Box<dyn Fn() -> Vec<Row> + Send + Sync> = Box::new(each);
    view! { <For each key=|row| row.key.clone() children=|row| (row.render)() /> }
}
