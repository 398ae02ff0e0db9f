//! Content digests: `sha256:…`, `sha512:…`.
//! Nothing is hashed here; whoever has the bytes does that.
//!
//! Source: OCI image-spec, `descriptor.md`, digests. The error texts are those of the Go package that Docker uses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The digest of some content: an algorithm and its value in lower-case hex.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    text: Box<str>,
}

/// Algorithms that a digest may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SHA-256, the usual one.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// Why a text is not a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not `algorithm:hex`, or the value is not lower-case hex.
    #[error("invalid checksum digest format")]
    Format,
    /// The value is not as long as the algorithm's.
    #[error("invalid checksum digest length")]
    Length,
    /// An algorithm that is not built.
    #[error("unsupported digest algorithm")]
    Unsupported,
}

impl Algorithm {
    /// The name in a digest: `sha256`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Length of a value in hex digits.
    pub fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha512].into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Digest {
    /// The digest with this SHA-256 value.
    pub fn from_sha256(value: [u8; 32]) -> Self {
        Self::from_value(Algorithm::Sha256, &value)
    }

    /// The digest with this SHA-512 value.
    pub fn from_sha512(value: [u8; 64]) -> Self {
        Self::from_value(Algorithm::Sha512, &value)
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        if self.text.len() == Algorithm::Sha256.as_str().len() + 1 + Algorithm::Sha256.hex_len() {
            Algorithm::Sha256
        } else {
            Algorithm::Sha512
        }
    }

    /// The value in lower-case hex.
    pub fn hex(&self) -> &str {
        &self.text[self.algorithm().as_str().len() + 1..]
    }

    /// The whole digest.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first twelve hex digits, as lists show them.
    pub fn short(&self) -> &str {
        &self.hex()[..12]
    }

    fn from_value(algorithm: Algorithm, value: &[u8]) -> Self {
        let mut text = String::with_capacity(algorithm.as_str().len() + 1 + algorithm.hex_len());
        text.push_str(algorithm.as_str());
        text.push(':');
        push_hex(&mut text, value);
        Self { text: text.into() }
    }
}

/// Appends `bytes` in lower-case hex.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// Whether every byte is a lower-case hex digit.
pub(crate) fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `text` is of the form that the specification gives to a digest of any algorithm.
fn is_well_formed(algorithm: &str, encoded: &str) -> bool {
    let parts_are_words = algorithm
        .split(['.', '+', '_', '-'])
        .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    parts_are_words && encoded.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-'))
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, encoded) = text.split_once(':').ok_or(DigestError::Format)?;
        if encoded.is_empty() {
            return Err(DigestError::Format);
        }
        let Some(algorithm) = Algorithm::from_name(name) else {
            let known_form = is_well_formed(name, encoded);
            return Err(if known_form { DigestError::Unsupported } else { DigestError::Format });
        };
        if encoded.len() != algorithm.hex_len() {
            return Err(DigestError::Length);
        }
        if !is_lower_hex(encoded) {
            return Err(DigestError::Format);
        }
        Ok(Self { text: text.into() })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for Digest {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|error| serde::de::Error::custom(format_args!("digest `{text}`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn parts_of_a_digest_can_be_asked_for() {
        let digest: Digest = format!("sha256:{HEX}").parse().unwrap();
        assert_eq!(digest.algorithm(), Algorithm::Sha256);
        assert_eq!(digest.hex(), HEX);
        assert_eq!(digest.short(), "e3b0c44298fc");
        let long: Digest = format!("sha512:{HEX}{HEX}").parse().unwrap();
        assert_eq!((long.algorithm(), long.hex().len()), (Algorithm::Sha512, 128));
    }

    #[test]
    fn what_is_no_digest_is_told_in_the_words_of_docker() {
        let upper = HEX.to_uppercase();
        for (text, expected) in [
            (String::new(), DigestError::Format),
            ("sha256:".to_owned(), DigestError::Format),
            (HEX.to_owned(), DigestError::Format),
            (format!("SHA256:{HEX}"), DigestError::Format),
            (format!("sha256:{upper}"), DigestError::Format),
            (format!(":{HEX}"), DigestError::Format),
            (format!("a..b:{HEX}"), DigestError::Format),
            (format!("md5:{HEX} "), DigestError::Format),
            (format!("sha256:{}", &HEX[1..]), DigestError::Length),
            (format!("sha512:{HEX}"), DigestError::Length),
            (format!("sha256:{HEX}0"), DigestError::Length),
            (format!("md5:{HEX}"), DigestError::Unsupported),
            (format!("multihash+base58:{HEX}"), DigestError::Unsupported),
        ] {
            assert_eq!(text.parse::<Digest>(), Err(expected), "{text}");
        }
        assert_eq!(DigestError::Format.to_string(), "invalid checksum digest format");
        assert_eq!(DigestError::Length.to_string(), "invalid checksum digest length");
        assert_eq!(DigestError::Unsupported.to_string(), "unsupported digest algorithm");
    }

    #[test]
    fn json_holds_the_text_and_a_bad_one_names_itself() {
        let digest = Digest::from_sha256([0xab; 32]);
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"sha256:{}\"", "ab".repeat(32)));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        let error = serde_json::from_str::<Digest>(r#""sha256:12""#).unwrap_err().to_string();
        assert!(error.starts_with("digest `sha256:12`: invalid checksum digest length"), "{error}");
    }

    proptest! {
        #[test]
        fn a_digest_reads_back(value: [u8; 32]) {
            let digest = Digest::from_sha256(value);
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        }

        #[test]
        fn whatever_is_read_prints_as_it_was(text in "(sha256|sha512|x):[0-9a-f]{60,130}") {
            if let Ok(digest) = text.parse::<Digest>() {
                prop_assert_eq!(digest.as_str(), text);
            }
        }
    }
}
