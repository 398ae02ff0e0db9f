//! Text of strangers (images, containers, processes) on somebody's terminal: control characters are shown and do nothing.
//!
//! For what people read. Templates, JSON and the output of containers are passed on as they are.

use std::borrow::Cow;

/// The text with control characters as escapes (`\x1b`), but for line breaks and tabs.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |character| is_active(character) && !matches!(character, '\n' | '\t'))
}

/// The same for what has to stay within its line and its column.
pub(crate) fn visible_in_line(text: &str) -> Cow<'_, str> {
    escape(text, is_active)
}

/// What a terminal obeys, or what changes the order in which a line is read (CVE-2021-42574).
fn is_active(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match u32::from(character) {
            _ if !is_escaped(character) => shown.push(character),
            code @ ..=0xff => shown.push_str(&format!("\\x{code:02x}")),
            code => shown.push_str(&format!("\\u{code:04x}")),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(visible("a\x1b]0;title\x07\tb\nc"), "a\\x1b]0;title\\x07\tb\nc");
        assert_eq!(visible_in_line("one\n\u{9b}2Jtwo\u{202e}"), "one\\x0a\\x9b2Jtwo\\u202e");
        assert!(matches!(visible("Grüße, 世界"), Cow::Borrowed(_)));
    }
}
