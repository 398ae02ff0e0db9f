//! Every file begins with `//!`: what it is for.
//!
//! Whether the sentence is true, a reader has to say.

use super::{Finding, source::Source};

pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let says_something = source
        .text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("//!"))
        .is_some_and(|it| !it.trim().is_empty());
    if says_something {
        return Vec::new();
    }
    vec![Finding::new(source.place(0), "the first line has to say with `//!` what this file is for")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_to_say_what_it_is_for() {
        let findings = |text: &str| check(&Source::new("crates/x/src/y.rs", text)).len();
        assert_eq!(findings("//! Counts sheep.\n"), 0);
        assert_eq!(findings("//!\n//! Counts sheep.\n"), 1);
        assert_eq!(findings("use std::io;\n"), 1);
        assert_eq!(findings(""), 1);
    }
}
