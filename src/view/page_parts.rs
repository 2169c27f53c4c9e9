//! Parts of a page that change in place to what they are in a page that was just fetched. They are markup that the server alone renders.
//!
//! Promise: elements stay what they are and where they are: the focus, what is open, and what a translator or a password manager has put in.

use super::{focus::move_focus_out, live_text::set_text, time};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DocumentFragment, Element, HtmlTemplateElement};

/// Attributes that belong to the reader's browser.
const KEPT: [&str; 2] = ["open", "aria-busy"];

/// The page of that HTML. Inert: nothing in it is loaded or run.
pub fn parse(html: &str) -> Option<DocumentFragment> {
    let page: HtmlTemplateElement = document().create_element("template").ok()?.dyn_into().ok()?;
    page.set_inner_html(html);
    Some(page.content())
}

/// Makes the elements that `selector` finds what they are in `page`, each what the one of its place there is.
pub fn change_parts(page: &DocumentFragment, selector: &str) {
    let (Ok(shown), Ok(fresh)) = (document().query_selector_all(selector), page.query_selector_all(selector)) else { return };
    for place in 0..fresh.length() {
        if let (Some(shown), Some(fresh)) = (shown.item(place), fresh.item(place)) {
            change(shown.unchecked_ref(), fresh.unchecked_ref());
        }
    }
    time::refresh();
}

/// Makes `shown` what `fresh` is. Texts beside elements do not change: a text that may is the whole content of an element.
fn change(shown: &Element, fresh: &Element) {
    for name in names(shown).filter(|name| !fresh.has_attribute(name) && !KEPT.contains(&name.as_str())) {
        let _ = shown.remove_attribute(&name);
    }
    for name in names(fresh).filter(|name| !KEPT.contains(&name.as_str())) {
        let value = fresh.get_attribute(&name);
        if value != shown.get_attribute(&name) {
            if name == "hidden" {
                move_focus_out(shown);
            }
            let _ = shown.set_attribute(&name, &value.unwrap_or_default());
        }
    }
    let (mut next, mut at) = (fresh.first_element_child(), own(shown.first_element_child()));
    // A text in the place of elements, or elements in that of a text: a column's name that was a link.
    if next.is_some() != at.is_some() {
        move_focus_out(shown);
        shown.set_text_content(None);
        at = None;
    }
    if next.is_none() {
        return set_text(shown, &fresh.text_content().unwrap_or_default());
    }
    while let Some(new) = next {
        next = new.next_element_sibling();
        match at {
            Some(old) => {
                at = own(old.next_element_sibling());
                if old.tag_name() == new.tag_name() {
                    change(&old, &new);
                } else {
                    move_focus_out(&old);
                    let _ = old.replace_with_with_node_1(&new);
                }
            }
            None => _ = shown.append_child(&new),
        }
    }
    while let Some(old) = at {
        at = own(old.next_element_sibling());
        move_focus_out(&old);
        old.remove();
    }
}

/// The first of these elements that the server has rendered: a translator puts its own in.
fn own(mut element: Option<Element>) -> Option<Element> {
    while element.as_ref().is_some_and(|element| element.tag_name() == "FONT") {
        element = element?.next_element_sibling();
    }
    element
}

fn names(element: &Element) -> impl Iterator<Item = String> {
    element.get_attribute_names().to_vec().into_iter().filter_map(|name| name.as_string())
}
