//! Texts that change. Each is the whole content of an element: `<strong {..live_text(move || …)}></strong>`.
//!
//! Not `{move || …}` as a child: that changes a text node, and a browser's translator puts nodes of its own in the place of each text node
//! that it finds, so that the page would go on to change a node that nobody sees. Here the text is set on the element, whatever is in it.
//!
//! Promises: the text is never read as markup, neither by the server's rendering nor in the browser; a text that stays the same touches
//! no node.

use super::derived::derived;
use leptos::{
    prelude::*,
    tachys::{
        html::element::{InnerHtml, InnerHtmlValue, inner_html},
        renderer::types::{Element, Node},
    },
};

/// The attribute that makes a text the content of an element.
pub type LiveText = InnerHtml<Signal<Text>>;

/// The content of an element: a text, not markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

/// A text that changes with the signals that `text` reads, as the content of an element.
pub fn live_text(text: impl Fn() -> String + Send + Sync + 'static) -> LiveText {
    inner_html(derived(move || Text(text())))
}

/// Sets the text of an element, if it is another one. Its text node stays the same, where all of the text is in it. (An element that was made
/// in the browser has a comment after it.)
pub fn set_text(element: &Element, text: &str) {
    let shown = element.text_content();
    if shown.as_deref() != Some(text) {
        let child = element.first_child().filter(|child| child.node_type() == Node::TEXT_NODE && child.text_content() == shown);
        child.as_ref().unwrap_or(element).set_text_content(Some(text));
    }
}

impl InnerHtmlValue for Text {
    type AsyncOutput = Self;
    type State = Element;
    type Cloneable = Self;
    type CloneableOwned = Self;

    fn html_len(&self) -> usize {
        self.0.len()
    }

    fn to_html(self, html: &mut String) {
        for letter in self.0.chars() {
            match letter {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                letter => html.push(letter),
            }
        }
    }

    fn to_template(_: &mut String) {}

    fn hydrate<const FROM_SERVER: bool>(self, element: &Element) -> Element {
        self.build(element)
    }

    fn build(self, element: &Element) -> Element {
        set_text(element, &self.0);
        element.clone()
    }

    fn rebuild(self, element: &mut Element) {
        set_text(element, &self.0);
    }

    fn into_cloneable(self) -> Self {
        self
    }

    fn into_cloneable_owned(self) -> Self {
        self
    }

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn a_text_is_never_read_as_markup() {
        let mut html = String::new();
        Text("<b onclick=\"x\">1 & 2</b>".into()).to_html(&mut html);
        assert_eq!(html, "&lt;b onclick=\"x\"&gt;1 &amp; 2&lt;/b&gt;");
    }

    /// A text node that changes is a closure or a signal as a child. Those in a variable are found by `end2end/tests/translator.spec.ts`.
    #[test]
    fn no_view_has_a_text_node_that_changes() {
        let mut found = Vec::new();
        views(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/view"), &mut |name, text| {
            for (number, line) in text.lines().enumerate() {
                let line = line.replace(' ', "");
                let changes = ["{Signal::", "{move||"].iter().any(|start| line.starts_with(start) || line.contains(&format!(">{start}")));
                if changes && !line.contains("Suspend::new") {
                    found.push(format!("{name}:{}: {line}", number + 1));
                }
            }
        });
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    fn views(folder: &Path, visit: &mut dyn FnMut(&str, &str)) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                views(&path, visit);
            } else {
                visit(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
            }
        }
    }
}
