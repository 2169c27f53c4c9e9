//! Texts and ids as the database keeps them.

use super::error::StoreError;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// A new id for a thing: time-ordered, so that rows made together lie together.
pub(super) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Refuses a text in which nothing can be seen, that is longer than `max` characters, or that cannot be kept; `field` is the argument that
/// gave it.
pub(super) fn check(field: &'static str, text: &str, max: usize) -> Result<(), StoreError> {
    let refuse = |why: String| Err(StoreError::invalid(format!("the {field} {why}")).at(field));
    if !text.chars().any(can_be_seen) {
        refuse("is empty".into())
    } else if text.chars().count() > max {
        refuse(format!("is longer than {max} characters"))
    } else if !can_be_kept(text) {
        refuse("has a NUL".into())
    } else {
        Ok(())
    }
}

/// Whether a text can be in the database at all: PostgreSQL keeps no NUL, and a transaction that asks for one is lost.
pub(super) fn can_be_kept(text: &str) -> bool {
    !text.contains('\0')
}

/// Whether a reader sees something of the character by itself, by its general category (Unicode, chapter 4.5). Of the letters and symbols, the
/// fillers of Hangul and the blank pattern of Braille show nothing.
fn can_be_seen(letter: char) -> bool {
    use GeneralCategory as Category;
    let blank = matches!(letter, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}');
    let hidden = matches!(
        letter.general_category(),
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::SpaceSeparator
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::NonspacingMark
            | Category::EnclosingMark
    );
    !blank && !hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_characters_that_cannot_be_seen_is_empty() {
        let unseen =
            ["", " ", "\u{200b}", "\u{2060}", "\u{3164}", "\u{202e}", "\u{ad}", "\u{feff}", "\u{a0}\u{200d}", "\u{fe0f}", "\u{2800}", "\0"];
        for text in unseen {
            assert_eq!(check("title", text, 10), Err(StoreError::invalid("the title is empty").at("title")), "{text:?}");
        }
        for text in ["a", "\u{202e}a", "é", "e\u{301}", "한", "🦀", "🏳\u{fe0f}\u{200d}🌈", "."] {
            assert_eq!(check("title", text, 10), Ok(()), "{text:?}");
        }
    }
}
