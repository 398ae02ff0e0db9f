//! An error and its causes on one line.
//! Prints nothing and adds no colour or prefix: that is the caller's.

use std::error::Error;
use std::io;

/// The error and its causes, outermost first: `outer: cause: cause`.
///
/// A cause that the text so far already ends with is left out: errors of other crates often repeat theirs.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = words(cause);
        if !words.is_empty() && !text.ends_with(&words) && !text.ends_with(&cause.to_string()) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

/// The system's refusals read as Go, and so Docker, prints them (`no such file or directory`): scripts and Docker's own client look for
/// these words.
fn words(cause: &(dyn Error + 'static)) -> String {
    let text = cause.to_string();
    if cause.downcast_ref::<io::Error>().is_none_or(|error| error.raw_os_error().is_none()) {
        return text;
    }
    let mut bare = text.split(" (os error").next().unwrap_or_default().chars();
    bare.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(bare).collect()
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
    fn a_refusal_of_the_system_reads_as_gos_does() {
        #[derive(Debug)]
        struct Open(io::Error);
        impl fmt::Display for Open {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("open `/x`")
            }
        }
        impl Error for Open {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        assert_eq!(chain(&Open(io::Error::from_raw_os_error(2))), "open `/x`: no such file or directory");
        assert_eq!(chain(&Open(io::Error::other("Not Ours"))), "open `/x`: Not Ours");
    }

    #[test]
    fn an_empty_cause_leaves_no_trace() {
        check(&["outer", "", "inner"], "outer: inner");
    }
}
