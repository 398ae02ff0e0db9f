//! Why a request was not carried out, as a value that becomes a reply.
//!
//! It never ends the monitor: whatever a client sends, the worst that it gets is one of these.

use crate::protocol::{ErrorKind, Reply};

/// A request that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    kind: ErrorKind,
    message: String,
}

impl Refusal {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Invalid, message: message.into() }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::NotFound, message: message.into() }
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Conflict, message: message.into() }
    }

    pub(crate) fn not_implemented(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::NotImplemented, message: message.into() }
    }

    /// The kernel refused; the error's causes are part of the message.
    pub(crate) fn internal(what: &str, error: &dyn std::error::Error) -> Self {
        Self { kind: ErrorKind::Internal, message: format!("cannot {what}: {}", corten_error::chain(error)) }
    }

    /// For a person.
    pub(crate) fn into_message(self) -> String {
        self.message
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { kind: refusal.kind, message: refusal.message }
    }
}
