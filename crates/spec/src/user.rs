//! Who a container's process is to be, as `USER` and `--user` write it: `user[:group]`.
//! The image's files, in which names are looked up, are not read here.

use std::fmt;
use std::str::FromStr;

/// `user[:group]`; an empty half means the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserSpec {
    /// User; none keeps uid 0.
    pub user: Option<Principal>,
    /// Group; none means that of the user's entry.
    pub group: Option<Principal>,
}

/// A user or a group.
///
/// Digits are always an id, even where an entry of the image's files has them for a name: an image could give itself another
/// user's rights that way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// By number; there need be no entry for it.
    Id(u32),
    /// By name; there must be an entry for it.
    Name(String),
}

/// A numeric user or group outside 0 to 2147483647; the words are Docker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("uids and gids must be in range 0-2147483647")]
pub struct IdOutOfRange;

/// Docker's bound: the largest id that a signed 32-bit number holds.
const MAX_ID: u32 = i32::MAX as u32;

impl FromStr for UserSpec {
    type Err = IdOutOfRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, group) = text.split_once(':').unwrap_or((text, ""));
        Ok(Self { user: principal(user)?, group: principal(group)? })
    }
}

impl FromStr for Principal {
    type Err = IdOutOfRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<i64>() {
            Ok(number) => {
                u32::try_from(number).ok().filter(|id| *id <= MAX_ID).map(Self::Id).ok_or(IdOutOfRange)
            }
            Err(_) if is_integer(text) => Err(IdOutOfRange),
            Err(_) => Ok(Self::Name(text.to_owned())),
        }
    }
}

fn principal(text: &str) -> Result<Option<Principal>, IdOutOfRange> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// Whether this is an integer of any length.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl Principal {
    /// Whether this means the entry with that name and id.
    pub fn matches(&self, name: &str, id: u32) -> bool {
        match self {
            Self::Id(wanted) => *wanted == id,
            Self::Name(wanted) => wanted == name,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for UserSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}")?;
        }
        match &self.group {
            Some(group) => write!(f, ":{group}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<Principal> {
        Some(Principal::Name(text.to_owned()))
    }

    #[test]
    fn each_half_may_be_a_name_a_number_or_missing() {
        for (text, user, group) in [
            ("", None, None),
            (":", None, None),
            ("nobody", name("nobody"), None),
            ("1000", Some(Principal::Id(1000)), None),
            ("1000:100", Some(Principal::Id(1000)), Some(Principal::Id(100))),
            ("www-data:100", name("www-data"), Some(Principal::Id(100))),
            (":staff", None, name("staff")),
            ("root:", name("root"), None),
            ("a:b:c", name("a"), name("b:c")),
            ("2147483647", Some(Principal::Id(2_147_483_647)), None),
            ("12ab", name("12ab"), None),
        ] {
            assert_eq!(text.parse(), Ok(UserSpec { user, group }), "{text}");
        }
    }

    #[test]
    fn numbers_outside_the_range_are_refused() {
        for text in ["-1", "2147483648", "0:2147483648", "99999999999999999999", "0:-5"] {
            let error = text.parse::<UserSpec>().unwrap_err();
            assert_eq!(error.to_string(), "uids and gids must be in range 0-2147483647", "{text}");
        }
    }

    #[test]
    fn digits_never_mean_an_entry_of_that_name() {
        assert!(Principal::Id(5).matches("games", 5));
        assert!(!Principal::Id(5).matches("5", 0));
        assert!(Principal::Name("games".to_owned()).matches("games", 60));
    }
}
