//! Values that follow signals.

use leptos::prelude::*;

/// A value that changes with the signals that `read` reads. Not `Signal::derive`: each closure would bring the code for a signal of its own
/// type (docs/weight.md).
pub fn derived<T: Send + Sync + 'static>(read: impl Fn() -> T + Send + Sync + 'static) -> Signal<T> {
    derive(Box::new(read))
}

/// A closure inside of a generic function is generic as well; here in the value alone.
fn derive<T: Send + Sync + 'static>(read: Box<dyn Fn() -> T + Send + Sync>) -> Signal<T> {
    Signal::derive(read)
}
