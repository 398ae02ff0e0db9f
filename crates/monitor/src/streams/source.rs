//! Which output bytes came from, and the frame that says so to a client.
//!
//! The frame is that of Docker's attach protocol (Engine API, `ContainerAttach`, "Stream format").

use serde::{Deserialize, Serialize};

/// An output of a process; everything that a terminal shows is `Stdout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Source {
    /// What precedes `length` bytes of this output: its number, three zeros, the length in big-endian order.
    pub(crate) fn header(self, length: usize) -> [u8; 8] {
        let number = match self {
            Self::Stdout => 1,
            Self::Stderr => 2,
        };
        let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        [number, 0, 0, 0, length[0], length[1], length[2], length[3]]
    }
}

impl Source {
    /// In words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stdout => "standard output",
            Self::Stderr => "standard error",
        }
    }
}

impl From<Source> for corten_logs::Stream {
    fn from(source: Source) -> Self {
        match source {
            Source::Stdout => Self::Stdout,
            Source::Stderr => Self::Stderr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_the_number_and_the_big_endian_length() {
        assert_eq!(Source::Stderr.header(0x0102_0304), [2, 0, 0, 0, 1, 2, 3, 4]);
        assert_eq!(Source::Stdout.header(5), [1, 0, 0, 0, 0, 0, 0, 5]);
    }
}
