//! The part of an order's page, or of the page of notifications, that is [`refreshed`](super::refreshed). A file of its own: an island is in the
//! WebAssembly of each page whose module it stands in, and the console has the part without it, in its drawer.

use super::{
    form::FormCall,
    refreshed::{Part, REFRESHED, shown_part},
};
use crate::browser::effect;
use leptos::prelude::*;

/// Keeps its child with the attribute [`REFRESHED`] current, and sends the forms in it.
#[island]
pub fn Refreshed(children: Children) -> impl IntoView {
    let part = Part::new(FormCall::any());
    effect(move || {
        let location = window().location();
        let page = format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        part.follow(page, shown_part().and_then(|part| part.get_attribute(REFRESHED)));
    });
    part.view(children)
}
