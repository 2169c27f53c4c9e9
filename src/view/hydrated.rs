//! The mark of a hydrated page: `data-hydrated` on the root element. Foreign nodes are taken out of the page until then.
//!
//! A password manager or a translator may have put nodes into the page before the WebAssembly came. `public/foreign-nodes.js` knows them: it
//! has watched the page since the server's markup was complete.

use crate::browser::effect;
use leptos::prelude::*;
use web_sys::Event;

/// Takes the foreign nodes out of the page. Called before the first island is hydrated.
pub fn take_foreign_nodes_out() {
    dispatch("orderwire:hydrate");
}

/// Sets the mark, which tests wait for and the style sheet uses: forms are taken over, and events are shown. It stands last on a page,
/// since islands are hydrated in document order.
#[island]
pub fn Hydrated() -> impl IntoView {
    effect(|| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "");
        }
        dispatch("orderwire:hydrated");
    });
}

fn dispatch(name: &str) {
    if let Ok(event) = Event::new(name) {
        let _ = window().dispatch_event(&event);
    }
}
