//! Names of volumes, by Docker's rules. A name becomes that of a directory: it has no slash and does not begin with a dot.

use std::fmt;
use std::str::FromStr;

/// A valid name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeName(String);

/// Why a text is no name, in Docker's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// A single character.
    #[error("volume name is too short, names should be at least two alphanumeric characters")]
    TooShort,
    /// Something else than letters, digits, `_`, `.` and `-`, or one of the latter three at the beginning.
    #[error(
        "\"{0}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you \
         intended to pass a host directory, use absolute path"
    )]
    Characters(String),
}

impl VolumeName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VolumeName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.len() == 1 {
            return Err(InvalidName::TooShort);
        }
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let goes_on = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if begins && goes_on {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Characters(text.to_owned()))
        }
    }
}

impl fmt::Display for VolumeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_docker_takes() {
        for name in ["ab", "a.", "0_x-y.z", &"f".repeat(64)] {
            assert_eq!(name.parse::<VolumeName>().unwrap().as_str(), name);
        }
        assert_eq!("a".parse::<VolumeName>(), Err(InvalidName::TooShort));
        for name in ["", "..", ".a", "_a", "-a", "a/b", "a b", "é1", "a\n"] {
            assert_eq!(name.parse::<VolumeName>(), Err(InvalidName::Characters(name.to_owned())), "{name:?}");
        }
    }
}
