//! Names of containers: what is allowed, and names for those who gave none.
//! Whether a name is free is not asked.

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

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::BTreeSet;

    #[test]
    fn names_that_docker_takes_are_taken_and_lose_their_slash() {
        for text in ["ab", "Web-1", "0.x", "a_.-", "/web"] {
            let name: ContainerName = text.parse().unwrap();
            assert_eq!(name.as_str(), text.trim_start_matches('/'));
        }
    }

    #[test]
    fn other_names_are_told_in_the_words_of_docker() {
        for text in ["", "/", "a", "_a", "-ab", ".ab", "a b", "a/b", "//ab", "ab/", "é1", "ab\n"] {
            let expected =
                format!("Invalid container name ({text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
            assert_eq!(text.parse::<ContainerName>().unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn random_names_are_valid_differ_by_seed_and_repeat_for_the_same_one() {
        let names: BTreeSet<String> = (0..1_000).map(|seed| random(seed, 0)).collect();
        // 1,000 of 9,216 pairs: more than 100 coincidences would mean that the seeds are not spread.
        assert!(names.len() > 900, "{}", names.len());
        assert!(names.iter().all(|name| is_valid(name) && name.contains('_')));
        assert_eq!(random(7, 2), random(7, 2));
    }

    #[test]
    fn a_retry_gives_another_name_with_a_digit() {
        let first = random(7, 0);
        let second = random(7, 1);
        assert!(second.ends_with(|c: char| c.is_ascii_digit()), "{second}");
        assert_ne!(first, second.trim_end_matches(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn no_word_is_listed_twice() {
        let adjectives: BTreeSet<_> = words::ADJECTIVES.into_iter().collect();
        let surnames: BTreeSet<_> = words::SURNAMES.into_iter().collect();
        assert_eq!((adjectives.len(), surnames.len()), (words::ADJECTIVES.len(), words::SURNAMES.len()));
    }
}
