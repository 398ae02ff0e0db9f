//! What is told of a pull while it goes on.

use corten_spec::digest::Digest;

/// How far a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is known, and waits for its turn.
    Listed,
    /// Its blob is there already.
    There,
    /// Somebody else is fetching it, and that is waited for.
    Elsewhere,
    /// It arrives.
    Arriving {
        /// How many bytes have come, those of earlier attempts included.
        received: u64,
        /// How many there will be.
        size: u64,
    },
    /// It has arrived, and is what was announced.
    Arrived,
    /// It is unpacked.
    Complete,
}

/// Who is told. Called by several threads, and waited for.
pub trait Audience: Sync {
    /// Takes in a piece of news about the layer with this blob.
    fn hear(&self, layer: &Digest, step: Step);
}
