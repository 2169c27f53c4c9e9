//! The keyboard focus is not lost: where the element that has it goes away, it moves to the nearest element around it.

use super::derived::derived;
use leptos::{html::ElementType, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// `hidden`, for the attribute of the element in `node`: when it becomes true, the focus leaves the element first.
pub fn hidden_without_focus<E>(node: NodeRef<E>, hidden: Signal<bool>) -> Signal<bool>
where
    E: ElementType + 'static,
    E::Output: AsRef<Element> + JsCast + Clone + 'static,
{
    derived(move || {
        let hidden = hidden.get();
        if let (true, Some(element)) = (hidden, node.get_untracked()) {
            move_focus_out(element.as_ref());
        }
        hidden
    })
}

/// If the focus is in `element`, moves it to the nearest element around it that has a `tabindex`.
pub fn move_focus_out(element: &Element) {
    let focused = document().active_element();
    if element.contains(focused.as_deref())
        && let Ok(Some(around)) = element.closest("[tabindex]")
        && let Ok(around) = around.dyn_into::<HtmlElement>()
    {
        let _ = around.focus();
    }
}
