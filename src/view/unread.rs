//! The number of unread notifications, in the words that pages use for it; also in the tab's title and icon, so that a tab behind others
//! tells of them.

use crate::{browser::effect, model::notification::UNREAD_MAX};
use leptos::prelude::*;

/// The site's icon, and the one with a dot. The document shell names the first.
const ICONS: [&str; 2] = ["/favicon.svg", "/favicon-unread.svg"];

/// A count of unread notifications; they are counted to [`UNREAD_MAX`].
pub fn count(unread: i64) -> String {
    if unread < UNREAD_MAX { unread.to_string() } else { format!("{}+", UNREAD_MAX - 1) }
}

/// A page's title with the count, if there is one: `(3) Console`.
pub fn title(page: &str, unread: i64) -> String {
    if unread == 0 { page.to_owned() } else { format!("({}) {page}", count(unread)) }
}

/// Keeps the tab's title and icon at the count.
pub fn show_in_tab(unread: RwSignal<i64>) {
    effect(move || {
        let unread = unread.get();
        let shown = document().title();
        let page = shown.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(shown.as_str(), |(_, page)| page.trim_matches(' '));
        document().set_title(&title(page, unread));
        if let Ok(Some(icon)) = document().query_selector("link[rel=icon]") {
            let _ = icon.set_attribute("href", ICONS[usize::from(unread > 0)]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_the_count_if_there_is_one() {
        assert_eq!([0, 3, UNREAD_MAX].map(|unread| title("Console", unread)), ["Console", "(3) Console", "(99+) Console"]);
    }
}
