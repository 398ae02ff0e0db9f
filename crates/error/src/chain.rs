//! An error and its causes on one line.
//! Prints nothing and adds no colour or prefix: that is the caller's.

use std::error::Error;

/// The error and its causes, outermost first: `outer: cause: cause`.
///
/// A cause that the text so far already ends with is left out: errors of other crates often repeat theirs.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !words.is_empty() && !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Level(&'static str, Option<Box<Level>>);

    impl fmt::Display for Level {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Level {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|cause| &**cause as _)
        }
    }

    fn check(levels: &[&'static str], expected: &str) {
        let error = levels.iter().rev().fold(None, |cause, text| Some(Box::new(Level(text, cause))));
        assert_eq!(chain(&error.unwrap()), expected);
    }

    #[test]
    fn causes_follow_outermost_first() {
        check(
            &["cannot start `web`", "open `/x`", "Permission denied"],
            "cannot start `web`: open `/x`: Permission denied",
        );
    }

    #[test]
    fn a_single_error_has_no_separator() {
        check(&["no such container"], "no such container");
    }

    #[test]
    fn a_cause_already_told_is_left_out_and_the_next_is_not() {
        check(&["open: denied", "denied", "errno 13"], "open: denied: errno 13");
    }

    #[test]
    fn an_empty_cause_leaves_no_trace() {
        check(&["outer", "", "inner"], "outer: inner");
    }
}
