//! Kernel versions as profiles compare them: the first two numbers.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::error::SeccompError;

/// Version and patch level of a kernel; what follows does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelVersion {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
}

impl FromStr for KernelVersion {
    type Err = SeccompError;

    /// Reads `4.8` as well as a release such as `6.1.0-18-amd64`.
    fn from_str(text: &str) -> Result<Self, SeccompError> {
        let invalid = || SeccompError::KernelVersion { text: text.to_owned() };
        let (major, rest) = text.split_once('.').ok_or_else(invalid)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = |digits: &str| digits.parse().map_err(|_| invalid());
        Ok(KernelVersion { major: number(major)?, minor: number(&rest[..digits])? })
    }
}

impl<'de> Deserialize<'de> for KernelVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::KernelVersion;

    #[test]
    fn releases_compare_by_their_first_two_numbers() {
        let version = |text: &str| text.parse::<KernelVersion>().unwrap();
        assert_eq!(version("6.1.0-18-amd64"), version("6.1"));
        assert!(version("4.10") > version("4.8"));
        assert!(version("5.0-rc1") >= version("4.19"));
        for text in ["", "4", "4.", "x.1", "4.x"] {
            assert!(text.parse::<KernelVersion>().is_err(), "{text}");
        }
    }
}
