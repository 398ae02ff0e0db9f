//! Words that say "not finished": dead code kept quiet, notes to do it later.
//!
//! What clippy finds (`todo!`, `dbg!`, `unwrap`) is not repeated here.

use super::{Finding, source::Source};

/// A word in the code, and what to do about it.
const IN_CODE: &[(&str, &str)] = &[
    ("allow(dead_code)", "code that nothing uses goes; `git log` remembers it"),
    ("expect(dead_code)", "code that nothing uses goes; `git log` remembers it"),
];
/// Whole words anywhere, comments included. Put together from parts, so that this file keeps its own rule.
const ANYWHERE: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let in_code = source.code.lines().enumerate().flat_map(|(index, line)| {
        IN_CODE
            .iter()
            .filter(move |(word, _)| line.contains(word))
            .map(move |(word, advice)| Finding::new(source.place(index), format!("`{word}`: {advice}")))
    });
    let anywhere = source.text.lines().enumerate().flat_map(|(index, line)| {
        ANYWHERE.iter().filter(move |word| has_word(line, word)).map(move |word| {
            Finding::new(source.place(index), format!("`{word}`: do it now or file an issue"))
        })
    });
    in_code.chain(anywhere).collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|character: char| !character.is_alphanumeric() && character != '_').any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        check(&Source::new("crates/x/src/y.rs", text)).len()
    }

    #[test]
    fn dead_code_is_not_kept_quiet() {
        assert_eq!(findings("#[allow(dead_code)]\nfn f() {}"), 1);
        assert_eq!(findings("// `#[allow(dead_code)]` is banned"), 0);
    }

    #[test]
    fn nothing_is_left_for_later() {
        assert_eq!(findings(concat!("// TO", "DO: sheep")), 1);
        assert_eq!(findings(concat!("const MASTO", "DON: u8 = 1;")), 0);
    }
}
