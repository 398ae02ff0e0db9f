//! Tells code from comments and strings, so that a word in prose breaks no rule about code.
//!
//! It knows Rust's comments, strings and characters, and no other part of the grammar.

/// `text` with comments and the insides of literals replaced by spaces. Lines and columns (in characters) stay.
pub(crate) fn without_comments_and_strings(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut output = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = blank_length(&characters, at);
        if length == 0 {
            output.push(characters[at]);
            at += 1;
            continue;
        }
        let end = (at + length).min(characters.len());
        output.extend(characters[at..end].iter().map(|&it| if it == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    output
}

/// How many characters at `at` belong to a comment or literal that begins there; zero for code.
fn blank_length(characters: &[char], at: usize) -> usize {
    let rest = &characters[at..];
    let starts = |prefix: &str| prefix.chars().enumerate().all(|(index, it)| rest.get(index) == Some(&it));
    if starts("//") {
        return rest.iter().position(|&it| it == '\n').unwrap_or(rest.len());
    }
    if starts("/*") {
        return block_comment(rest);
    }
    let inside_word = at > 0 && is_word(characters[at - 1]);
    match rest[0] {
        '"' => quoted(rest, 1),
        '\'' => character(rest),
        'b' | 'c' | 'r' if !inside_word => prefixed(rest),
        _ => 0,
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// A string that ends at the first quote without a backslash before it; `start` is where its inside begins.
fn quoted(rest: &[char], start: usize) -> usize {
    let mut at = start;
    while let Some(&character) = rest.get(at) {
        match character {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `'x'` or `'\…'`; a lifetime is code.
fn character(rest: &[char]) -> usize {
    if rest.get(1) == Some(&'\\') {
        let tail = rest.iter().skip(3).position(|&it| it == '\'');
        return tail.map_or(rest.len(), |position| position + 4);
    }
    if rest.get(2) == Some(&'\'') { 3 } else { 0 }
}

/// Byte, C and raw strings: letters, then hashes, then the quote.
fn prefixed(rest: &[char]) -> usize {
    let letters = rest.iter().take(2).take_while(|it| matches!(it, 'b' | 'c' | 'r')).count();
    let raw = rest[..letters].contains(&'r');
    let hashes = if raw { rest[letters..].iter().take_while(|&&it| it == '#').count() } else { 0 };
    let start = letters + hashes + 1;
    match rest.get(start - 1) {
        Some('"') if raw => raw_string(rest, start, hashes),
        Some('"') => quoted(rest, start),
        _ => 0,
    }
}

fn raw_string(rest: &[char], start: usize, hashes: usize) -> usize {
    let ends_at = |at: usize| {
        rest[at] == '"' && rest[at + 1..].iter().take(hashes).filter(|&&it| it == '#').count() == hashes
    };
    (start..rest.len()).find(|&at| ends_at(at)).map_or(rest.len(), |at| at + 1 + hashes)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let lines: Vec<String> =
            without_comments_and_strings(text).lines().map(|line| line.trim_end().to_owned()).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn comments_are_blanked_and_nest() {
        check(
            "a // unsafe\nb /* x /* y */ unsafe */ c",
            &expect![[r#"
                a
                b                        c"#]],
        );
    }

    #[test]
    fn strings_of_every_kind_are_blanked() {
        check(
            r###"f("un\"safe", b"x", r"\", r#"a"unsafe"#, c"z") + g"###,
            &expect!["f(          ,     ,     ,              ,     ) + g"],
        );
    }

    #[test]
    fn characters_are_blanked_and_lifetimes_are_not() {
        check(
            r"fn f<'a>(x: &'a str) { x == '\'' || y == '{' }",
            &expect!["fn f<'a>(x: &'a str) { x ==      || y ==     }"],
        );
    }

    #[test]
    fn raw_identifiers_and_words_that_end_like_a_prefix_are_code() {
        check(r##"r#type; abr("x"); attr"y""##, &expect![[r#"r#type; abr(   ); attr"#]]);
    }
}
