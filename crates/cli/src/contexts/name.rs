//! What a context may be called.

use crate::failure::{Failure, Outcome};

use super::DEFAULT;

/// Refuses names that no context can have, in Docker's words.
pub(crate) fn validate(name: &str) -> Outcome {
    let why = match name {
        "" => "context name cannot be empty".to_owned(),
        DEFAULT => format!("{DEFAULT:?} is a reserved context name"),
        _ if !is_valid(name) => format!(
            "context name {name:?} is invalid, names are validated against regexp \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\""
        ),
        _ => return Ok(()),
    };
    Err(Failure::new(why))
}

fn is_valid(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
    name.len() > 1 && name.as_bytes()[0].is_ascii_alphanumeric() && name.bytes().all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_a_letter_or_digit_and_have_two_at_least() {
        for name in ["ab", "0.", "a_b+c-d.e"] {
            assert_eq!(validate(name), Ok(()));
        }
        for name in ["", "default", "a", ".a", "a/b", "a b", "ä1"] {
            assert!(validate(name).is_err(), "{name}");
        }
    }
}
