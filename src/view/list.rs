//! Keyed lists: rows are added, removed and moved, and the other rows are not rendered again.
//!
//! A page that is open all day must not grow with the rows that have gone:
//!
//! - Not Leptos' `<For>`: it makes the reactive owner of each row a child of the list's, and an owner keeps a weak reference to each child
//!   that it ever had, and with it the child's memory. Here each row has a root owner, which goes with the row.
//! - A row reads the signals of its own value, and none that outlives it: a signal keeps a weak reference to each effect that ever read it.

use super::{derived::derived, focus::hidden_without_focus, live_text::live_text};
use leptos::{
    prelude::*,
    tachys::{reactive_graph::OwnedView, view::keyed::keyed},
};

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

/// Shows the rows that `each` returns, in that order. A row whose key was there before is kept as it is. The rows have none of the page's
/// contexts.
pub fn keyed_rows(each: impl Fn() -> Vec<Row> + Send + Sync + 'static) -> impl IntoView {
    rows(Box::new(each))
}

/// A closure inside of a generic function is generic as well.
fn rows(each: Box<dyn Fn() -> Vec<Row> + Send + Sync>) -> impl IntoView {
    let render = |_, row: Row| {
        let owner = row_owner();
        let view = owner.with(row.render);
        (drop::<usize>, OwnedView::new_with_owner(view, owner))
    };
    move || keyed(each(), |row: &Row| row.key.clone(), render)
}

/// Whether a row is shown only until the list is not in use any more, for the attribute `data-leaving`.
pub fn leaving(leaving: RwSignal<bool>) -> Signal<String> {
    derived(move || leaving.get().to_string())
}

/// What a row and several rows are called.
pub type Names = Box<dyn Fn() -> (&'static str, &'static str) + Send + Sync>;

/// Says how many rows of a list wait until it is not in use any more, and shows them when it is pressed. It takes no place: nothing moves when it
/// comes or goes.
pub fn waiting_rows(waiting: RwSignal<usize>, show: Box<dyn Fn() + Send + Sync>, names: Names) -> impl IntoView {
    let button = NodeRef::new();
    let hidden = hidden_without_focus(button, derived(move || waiting.get() == 0));
    let text = live_text(move || match waiting.get() {
        0 => String::new(),
        1 => "1 ".to_owned() + names().0,
        waiting => waiting.to_string() + " " + names().1,
    });
    view! {
        <p class="waiting-rows" role="status">
            <button node_ref=button class="primary" hidden=hidden on:click=move |_| show() {..text}></button>
        </p>
    }
}

/// On the server a child of the request's owner, whose signals are its own; it ends with the request.
fn row_owner() -> Owner {
    if cfg!(feature = "ssr") { Owner::new() } else { Owner::default() }
}
