//! Names of containers: what is allowed, and names for those who gave none.

mod words;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A container's name, without the slash that the API puts before it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContainerName(Box<str>);

/// A text that cannot be a container's name; the words are Docker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid container name ({text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")]
pub struct InvalidName {
    /// The text as given.
    pub text: String,
}

impl ContainerName {
    /// The name without a leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a container, volume or network may be called so: a letter or digit, then at least one more of those or `_.-`.
pub fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 2
        && bytes[0].is_ascii_alphanumeric()
        && bytes[1..].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

impl FromStr for ContainerName {
    type Err = InvalidName;

    /// Reads a name, with or without one leading slash.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('/').unwrap_or(text);
        if is_valid(bare) { Ok(Self(bare.into())) } else { Err(InvalidName { text: text.to_owned() }) }
    }
}

impl fmt::Display for ContainerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ContainerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl AsRef<str> for ContainerName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Serialize for ContainerName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ContainerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A name of two words, `adjective_surname`, drawn with `seed`; on a retry a digit follows, so that a crowded host finds one.
///
/// The same seed and retry give the same name.
pub fn random(seed: u64, retry: u32) -> String {
    let mut state = seed ^ u64::from(retry).rotate_left(32);
    let adjective = pick(&words::ADJECTIVES, &mut state);
    let surname = pick(&words::SURNAMES, &mut state);
    if retry == 0 {
        return format!("{adjective}_{surname}");
    }
    format!("{adjective}_{surname}{}", next(&mut state) % 10)
}

fn pick(words: &[&'static str], state: &mut u64) -> &'static str {
    words[(next(state) % words.len() as u64) as usize]
}

/// SplitMix64 (Steele, Lea, Flood 2014): seeds that differ in one bit give unrelated words.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
