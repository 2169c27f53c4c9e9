//! The mark of a hydrated page: `data-hydrated` on the root element. Foreign nodes are taken out of the page until then.
//!
//! Password managers add elements to forms and labels, and translators replace text nodes, also before the WebAssembly has come. Hydration
//! walks the page as the server rendered it, and stops at the first node that it does not know. `public/foreign-nodes.js` stands at the end
//! of the page and runs when the server's markup is complete: what is added after that is foreign. It takes all of it out when hydration
//! begins, and puts back what was added when it has ended. A text node that was replaced stays as it was rendered; a translator
//! translates it again.

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
