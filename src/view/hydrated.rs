//! The mark of a hydrated page: `data-hydrated` on the root element.

use crate::browser::effect;
use leptos::prelude::*;

/// Sets the mark, which tests wait for and the style sheet uses: forms are taken over, and events are shown. It stands last on a page,
/// since islands are hydrated in document order.
#[island]
pub fn Hydrated() -> impl IntoView {
    effect(|| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}
