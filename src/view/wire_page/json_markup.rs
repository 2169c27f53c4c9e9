//! JSON as markup: a line for each member, and each kind of token in an element of its own for the style sheet.
//!
//! Promise: whatever the text is, none of it becomes markup.

/// `<i>` around a text (of the class `key` where it is a member's name), `<b>` around a number, `true`, `false` or `null`. What is no JSON is
/// shown as it is, with line breaks where a reader of JSON would have them.
pub fn json_markup(json: &str) -> String {
    let (mut html, mut open) = (String::new(), String::new());
    let (mut in_text, mut escaped, mut in_word, mut is_key, mut begins) = (false, false, false, false, false);
    for letter in json.chars() {
        if in_text {
            push(&mut html, letter);
            in_text = letter != '"' || escaped;
            escaped = letter == '\\' && !escaped;
            if !in_text {
                html.push_str("</i>");
            }
            continue;
        }
        let is_word = letter.is_ascii_alphanumeric() || "+-.".contains(letter);
        let closes = matches!(letter, '}' | ']');
        if in_word && !is_word {
            html.push_str("</b>");
        }
        if closes {
            open.pop();
        }
        // An empty list or object stays on its line.
        if begins != closes {
            html.push('\n');
            open.chars().for_each(|_| html.push_str("  "));
        }
        match letter {
            '"' => html.push_str(if is_key { "<i class=\"key\">" } else { "<i>" }),
            _ if is_word && !in_word => html.push_str("<b>"),
            _ => {}
        }
        push(&mut html, letter);
        in_word = is_word;
        match letter {
            '"' => in_text = true,
            '{' | '[' => open.push(letter),
            ':' => html.push(' '),
            _ => {}
        }
        begins = matches!(letter, '{' | '[' | ',');
        is_key = begins && open.ends_with('{');
    }
    if in_word {
        html.push_str("</b>");
    }
    if in_text {
        html.push_str("</i>");
    }
    html
}

/// A text as it stands in markup.
pub fn escaped(text: &str) -> String {
    let mut html = String::new();
    text.chars().for_each(|letter| push(&mut html, letter));
    html
}

fn push(html: &mut String, letter: char) {
    match letter {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        letter => html.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_have_lines_and_tokens_have_elements() {
        let html = json_markup(r#"{"a":"x\"y","b":[1,-2.5e3,null],"c":{},"d":[]}"#);
        let want = "{\n  <i class=\"key\">\"a\"</i>: <i>\"x\\\"y\"</i>,\n  <i class=\"key\">\"b\"</i>: [\n    <b>1</b>,\n    <b>-2.5e3</b>,\n    \
                    <b>null</b>\n  ],\n  <i class=\"key\">\"c\"</i>: {},\n  <i class=\"key\">\"d\"</i>: []\n}";
        assert_eq!(html, want);
    }

    #[test]
    fn a_text_is_never_markup() {
        assert_eq!(json_markup(r#"["<b onclick=x>&amp;"]"#), "[\n  <i>\"&lt;b onclick=x>&amp;amp;\"</i>\n]");
        assert_eq!(json_markup("<script>"), "&lt;<b>script</b>>");
        assert_eq!(escaped("<a & b>"), "&lt;a &amp; b>");
    }

    proptest! {
        /// Nothing is lost, and all that is opened is closed, whatever comes.
        #[test]
        fn whatever_comes_is_shown_and_nothing_of_it_is_markup(text in "[\\[\\]{}:,\"\\\\<>& a1.-]{0,40}") {
            let html = json_markup(&text);
            let ours = ["<i class=\"key\">", "<i>", "</i>", "<b>", "</b>"];
            let shown = ours.iter().fold(html.clone(), |html, tag| html.replace(tag, ""));
            let plain = shown.replace("&lt;", "<").replace("&amp;", "&");
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&plain), letters(&text));
            prop_assert_eq!(html.matches("<i").count(), html.matches("</i>").count());
            prop_assert_eq!(html.matches("<b>").count(), html.matches("</b>").count());
        }
    }
}
