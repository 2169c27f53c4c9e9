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
/// fillers of Hangul, the blank pattern of Braille, the blanks of hieroglyphs and the null notehead show nothing; nor do the code points that
/// are kept for characters which are ignored (Default_Ignorable_Code_Point in UAX #44), and those that are none (chapter 23.7).
fn can_be_seen(letter: char) -> bool {
    use GeneralCategory as Category;
    let blank = matches!(letter, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{1d159}');
    let ignored = matches!(letter, '\u{2065}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}');
    let none = matches!(letter, '\u{fdd0}'..='\u{fdef}') || u32::from(letter) & 0xfffe == 0xfffe;
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
    !blank && !ignored && !none && !hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_characters_that_cannot_be_seen_is_empty() {
        let unseen = [
            "",
            " ",
            "\u{200b}",
            "\u{2060}",
            "\u{3164}",
            "\u{202e}",
            "\u{ad}",
            "\u{feff}",
            "\u{a0}\u{200d}",
            "\u{fe0f}",
            "\u{301}\u{20dd}",
            "\u{2800}",
            "\u{13441}",
            "\u{1d159}",
            "\u{2065}",
            "\u{fff0}",
            "\u{e0041}",
            "\u{e0080}",
            "\u{e0fff}",
            "\u{fdd0}",
            "\u{ffff}",
            "\u{10fffe}",
            "\0",
        ];
        for text in unseen {
            assert_eq!(check("title", text, 10), Err(StoreError::invalid("the title is empty").at("title")), "{text:?}");
        }
        for text in
            ["a", "\u{202e}a", "é", "e\u{301}", "한", "🦀", "🏳\u{fe0f}\u{200d}🌈", "1\u{fe0f}\u{20e3}", "\u{fffd}", "\u{10fffd}", "."]
        {
            assert_eq!(check("title", text, 10), Ok(()), "{text:?}");
        }
    }
}
