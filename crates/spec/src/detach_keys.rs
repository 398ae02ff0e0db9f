//! The keys that detach from a terminal (`ctrl-p,ctrl-q`), and finding them in what is typed.

use std::str::FromStr;

/// Docker's default: ctrl-p, then ctrl-q.
const DEFAULT: &[u8] = &[16, 17];

/// A text that names no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unknown character: '{key}'")]
pub struct DetachKeysError {
    /// The part of it that is no key.
    pub key: String,
}

/// The keys, in the order in which they have to be typed, as the bytes that a terminal sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetachKeys(Vec<u8>);

impl Default for DetachKeys {
    fn default() -> Self {
        Self(DEFAULT.to_vec())
    }
}

impl FromStr for DetachKeys {
    type Err = DetachKeysError;

    /// Reads `ctrl-a,x`; empty text is the default.
    fn from_str(text: &str) -> Result<Self, DetachKeysError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let key = |key: &str| parse_key(key).ok_or_else(|| DetachKeysError { key: key.to_owned() });
        text.split(',').map(key).collect::<Result<_, _>>().map(Self)
    }
}

fn parse_key(key: &str) -> Option<u8> {
    match (key.strip_prefix("ctrl-"), key.as_bytes()) {
        (Some(control), _) => match control.as_bytes() {
            [letter @ b'a'..=b'z'] => Some(letter - b'a' + 1),
            [b'@'] => Some(0),
            [sign @ (b'[' | b'\\' | b']' | b'^' | b'_')] => Some(sign - b'[' + 27),
            _ => None,
        },
        (None, [byte]) => Some(*byte),
        _ => None,
    }
}

/// State between two reads: keys of the sequence that were typed are held back until it is clear what they are.
#[derive(Debug, Clone)]
pub struct Detacher {
    keys: Vec<u8>,
    held: usize,
}

/// What is to be done with what was typed.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    /// For the container.
    pub bytes: Vec<u8>,
    /// The sequence is complete; what came after it is dropped.
    pub detached: bool,
}

impl Detacher {
    /// Nothing of `keys` was typed yet.
    pub fn new(keys: DetachKeys) -> Self {
        Self { keys: keys.0, held: 0 }
    }

    /// Looks at what was typed.
    pub fn push(&mut self, input: &[u8]) -> Typed {
        let mut bytes = Vec::with_capacity(input.len());
        for &byte in input {
            while self.held > 0 && self.keys[self.held] != byte {
                self.release_one(&mut bytes);
            }
            if self.keys.get(self.held) == Some(&byte) {
                self.held += 1;
                if self.held == self.keys.len() {
                    return Typed { bytes, detached: true };
                }
            } else {
                bytes.push(byte);
            }
        }
        Typed { bytes, detached: false }
    }

    /// Lets the oldest held key go, and more until what is held is again a beginning of the sequence.
    fn release_one(&mut self, bytes: &mut Vec<u8>) {
        let held = &self.keys[..self.held];
        let released =
            (1..=held.len()).find(|from| self.keys.starts_with(&held[*from..])).unwrap_or(held.len());
        bytes.extend_from_slice(&held[..released]);
        self.held -= released;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str, inputs: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut detacher = Detacher::new(keys.parse().unwrap());
        let mut all = Vec::new();
        for input in inputs {
            let typed = detacher.push(input);
            all.extend(typed.bytes);
            if typed.detached {
                return (all, true);
            }
        }
        (all, false)
    }

    #[test]
    fn keys_are_read_as_docker_does() {
        let keys =
            |text: &str| text.parse::<DetachKeys>().map(|keys| keys.0).map_err(|error| error.to_string());
        assert_eq!(keys("ctrl-a,x").unwrap(), [1, b'x']);
        assert_eq!(keys("ctrl-@,ctrl-[,ctrl-_").unwrap(), [0, 27, 31]);
        assert_eq!(keys("").unwrap(), [16, 17]);
        assert_eq!(keys("ctrl-A").unwrap_err(), "Unknown character: 'ctrl-A'");
        assert_eq!(keys("ab").unwrap_err(), "Unknown character: 'ab'");
    }

    #[test]
    fn the_sequence_detaches_even_over_several_reads() {
        assert_eq!(typed("", &[b"ls\n", &[16], &[17, b'x']]), (b"ls\n".to_vec(), true));
        assert_eq!(typed("a,b,c", &[b"xabc"]), (b"x".to_vec(), true));
    }

    #[test]
    fn a_broken_sequence_is_typed_text() {
        assert_eq!(typed("", &[&[16], b"x"]), (vec![16, b'x'], false));
        assert_eq!(typed("a,a,b", &[b"aaab"]), (b"a".to_vec(), true));
        assert_eq!(typed("", &[&[16, 16, 17]]), (vec![16], true));
    }

    #[test]
    fn a_held_key_waits_for_the_next() {
        assert_eq!(typed("", &[&[16]]), (vec![], false));
    }
}
