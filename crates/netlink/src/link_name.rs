//! Names of network interfaces.

use std::fmt;
use std::str::FromStr;

use crate::error::NetlinkError;

/// The most bytes of a name: `IFNAMSIZ` without the zero byte.
pub const MAX_LINK_NAME: usize = 15;

/// A name that an interface can have: 1 to 15 bytes, none of them white space, a slash, a colon or a control character, and
/// neither `.` nor `..` (`dev_valid_name` of the kernel).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkName([u8; MAX_LINK_NAME + 1]);

impl LinkName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NetlinkError::Name`] when no interface can have it.
    pub fn new(name: &str) -> Result<Self, NetlinkError> {
        let is_bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | ':');
        if name.is_empty()
            || name.len() > MAX_LINK_NAME
            || name.contains(is_bad)
            || matches!(name, "." | "..")
        {
            return Err(NetlinkError::Name { name: name.to_owned() });
        }
        let mut bytes = [0; MAX_LINK_NAME + 1];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self(bytes))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(MAX_LINK_NAME);
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }

    /// As the kernel compares it in rules: sixteen bytes, zeros at the end.
    pub fn padded(&self) -> &[u8; MAX_LINK_NAME + 1] {
        &self.0
    }
}

impl FromStr for LinkName {
    type Err = NetlinkError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl fmt::Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_takes_as_a_name_is_taken() {
        for good in ["eth0", "a", "exactly15bytes_", "veth-1.2", "br@x"] {
            assert_eq!(LinkName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "sixteen_bytes___", "a b", "a/b", "eth0:1", "a\0b", "a\tb"] {
            assert!(LinkName::new(bad).is_err(), "{bad:?}");
        }
    }
}
