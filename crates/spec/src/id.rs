//! Ids of containers and exec sessions: 64 lower-case hex digits.
//! Neither drawn at random nor completed from a prefix here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::{is_lower_hex, push_hex};

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid id `{text}`: not 64 lower-case hexadecimal digits")]
pub struct InvalidId {
    /// The text.
    pub text: String,
}

/// Length of an id in characters.
pub const LEN: usize = 64;

/// Length of the form that people see.
pub const SHORT_LEN: usize = 12;

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The id with these bytes.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                let mut text = String::with_capacity(LEN);
                push_hex(&mut text, &bytes);
                Self(text.into())
            }

            /// All 64 digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first 12 digits, as people see them.
            pub fn short(&self) -> &str {
                &self.0[..SHORT_LEN]
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if text.len() == LEN && is_lower_hex(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId { text: text.to_owned() })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id! {
    /// Id of a container.
    ContainerId
}

hex_id! {
    /// Id of an exec session.
    ExecId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_hex_of_its_bytes() {
        let id = ContainerId::from_bytes(std::array::from_fn(|index| index as u8));
        assert_eq!(id.as_str(), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        assert_eq!(id.short(), "000102030405");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn only_64_lower_case_hex_digits_are_an_id() {
        let good = "f".repeat(64);
        assert!(good.parse::<ExecId>().is_ok());
        for bad in
            ["".to_owned(), "f".repeat(63), "f".repeat(65), "F".repeat(64), "g".repeat(64), "é".repeat(32)]
        {
            assert_eq!(bad.parse::<ExecId>(), Err(InvalidId { text: bad.clone() }));
            assert!(serde_json::from_value::<ExecId>(bad.into()).is_err());
        }
    }
}
