//! The drawer: an order beside the list. A plain click on an order's number opens it; with a modifier key, and without JavaScript, the link leads
//! to the order's page.
//!
//! It shows the part of that page that is [`refreshed`](crate::view::refreshed), as the server renders it, and keeps it current likewise. The
//! drawer is a modal dialog: the browser keeps the focus in it, closes it by Escape, and gives the focus back. Meanwhile the list is in use, so that
//! the row stays where it was.

use super::shortcuts::{find, has_modifier};
use crate::{
    browser::effect,
    view::{
        form::{FormCall, PENDING},
        live_text::set_text,
        orders::apply_responses,
        refreshed::{Part, REFRESHED, shown_part},
    },
};
use leptos::{html::article, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, KeyboardEvent};

/// Selects what opens it: the numbers of orders; and in it, what loads the order again.
const OPENS: &str = "tbody th a, .drawer-again";

/// Markup of the server's, except [`DrawerContent`].
#[component]
pub fn Drawer() -> impl IntoView {
    view! {
        <dialog class="drawer" aria-labelledby="drawer-title">
            // All around the drawer. The second press of a double click on a number is none on it (`presses.rs`).
            <form method="dialog">
                <button class="drawer-around" tabindex="-1" aria-hidden="true"></button>
            </form>
            // It has the focus at first: a held Enter presses nothing, and the keys scroll.
            <div tabindex="-1" autofocus>
                <div class="drawer-head">
                    <h2 id="drawer-title">"Order " <span></span></h2>
                    <a href="/console">"Open the page"</a>
                    <form method="dialog">
                        <button class="quiet" aria-label="Close">"×"</button>
                    </form>
                </div>
                <DrawerContent>
                    {article().attr(REFRESHED, "")}
                    <p class="drawer-wait secondary" role="status">"Loading…"</p>
                    <button class="drawer-again">"Try again"</button>
                </DrawerContent>
            </div>
        </dialog>
    }
}

#[island]
fn DrawerContent(children: Children) -> impl IntoView {
    // Not the refusal of another form, which the server may have to tell.
    let call = FormCall::any().with_error(RwSignal::new(None));
    apply_responses(expect_context(), call);
    let part = Part::new(call);
    effect(move || {
        let listener = window_event_listener_untyped("click", move |event| _ = handle(part, &event));
        on_cleanup(move || listener.remove());
    });
    part.view(children)
}

fn handle(part: Part, event: &Event) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let pressed = target.closest(OPENS).ok()??;
    // A mouse event has these members, too.
    let modifiers: &KeyboardEvent = event.unchecked_ref();
    if has_modifier(modifiers) || modifiers.shift_key() {
        return None;
    }
    if let Some(page) = pressed.get_attribute("href") {
        open(part, &pressed, page)?;
    }
    event.prevent_default();
    part.load();
    Some(())
}

/// Shows the drawer for the order of that link, empty: no other order is seen under its number.
fn open(part: Part, link: &Element, page: String) -> Option<()> {
    let drawer: HtmlDialogElement = find(".drawer")?;
    let order = link.closest("tr").ok()??.query_selector("[name=order_id]").ok()??;
    // What is still under way was sent for another order.
    while let Some(form) = drawer.query_selector("form[aria-busy]").ok()? {
        form.remove_attribute(PENDING).ok()?;
    }
    set_text(&drawer.query_selector("h2 span").ok()??, &link.text_content()?);
    drawer.query_selector("a").ok()??.set_attribute("href", &page).ok()?;
    part.follow(page, order.get_attribute("value"));
    drawer.show_modal().ok()?;
    shown_part()?.set_inner_html("");
    Some(())
}
