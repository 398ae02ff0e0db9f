//! Versions of the Engine API, which clients and servers compare.

use std::fmt;
use std::str::FromStr;

/// A version, `1.51`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    major: u32,
    minor: u32,
}

/// The newest version of the Engine API that is spoken here.
pub const API_VERSION: ApiVersion = v1(51);

/// The oldest version of the Engine API that is answered.
pub const MIN_API_VERSION: ApiVersion = v1(24);

/// Version 1.`minor`: there has been no other first number.
#[must_use]
pub const fn v1(minor: u32) -> ApiVersion {
    ApiVersion { major: 1, minor }
}

/// A text that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidApiVersion;

impl FromStr for ApiVersion {
    type Err = InvalidApiVersion;

    fn from_str(text: &str) -> Result<Self, InvalidApiVersion> {
        let (major, minor) = text.split_once('.').ok_or(InvalidApiVersion)?;
        let number = |text: &str| text.parse().map_err(|_| InvalidApiVersion);
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiVersion, InvalidApiVersion, v1};

    #[test]
    fn versions_are_compared_as_numbers() {
        let parse = |text: &str| text.parse::<ApiVersion>();
        assert_eq!(parse("1.51").map(|version| version.to_string()), Ok("1.51".to_owned()));
        assert!(parse("1.9").unwrap() < v1(24) && v1(51) < parse("2.0").unwrap());
        assert_eq!(parse("latest"), Err(InvalidApiVersion));
    }
}
