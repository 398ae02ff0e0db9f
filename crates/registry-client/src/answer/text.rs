//! Words of strangers made fit for an error message.
//! They are shown, never interpreted.

/// `text` on one line and without control characters, cut at `limit` characters.
///
/// What would move a terminal's cursor, or turn the direction of writing (CVE-2021-42574), becomes a space; spaces in a row become one.
pub fn plain(text: &str, limit: usize) -> String {
    let words = text.split(|c: char| c.is_whitespace() || is_dangerous(c)).filter(|word| !word.is_empty());
    let mut plain = String::new();
    for (length, character) in words.flat_map(|word| [" ", word]).flat_map(str::chars).skip(1).enumerate() {
        if length == limit {
            return plain.trim_end().to_owned() + "…";
        }
        plain.push(character);
    }
    plain
}

fn is_dangerous(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_length_are_taken_away() {
        assert_eq!(plain(" a\x1b[31mb\r\n\tc\u{202e}d ", 100), "a [31mb c d");
        assert_eq!(plain("abcdef", 3), "abc…");
        assert_eq!(plain("abc", 3), "abc");
        assert_eq!(plain("abc d", 3), "abc…");
        assert_eq!(plain("abc d", 4), "abc…");
        assert_eq!(plain("\x07", 3), "");
    }
}
