//! What is told of a push while it goes on.

use std::sync::Arc;

use corten_spec::digest::Digest;

/// How far a layer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushStep {
    /// It is known.
    Listed,
    /// It waits for its turn.
    Waiting,
    /// The registry has it already.
    There,
    /// The registry took it from another of its repositories.
    Mounted {
        /// The other repository's path.
        from: String,
    },
    /// It is sent.
    Leaving {
        /// How many bytes have been sent.
        sent: u64,
        /// How many there are.
        size: u64,
    },
    /// The registry has it now.
    Sent,
}

/// Who is told. Called by several threads, and waited for.
pub type PushNews = Arc<dyn Fn(&Digest, PushStep) + Send + Sync>;
