//! What sort of failure an error is, for whoever must answer it with a status or an exit code.

use std::fmt;

/// The closed set of error kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The thing named does not exist.
    NotFound,
    /// The request makes no sense whatever the state.
    Invalid,
    /// The request makes sense, but not in the present state.
    Conflict,
    /// The thing to make exists.
    AlreadyExists,
    /// Who asks is not known.
    Unauthorized,
    /// Who asks is known and may not.
    Forbidden,
    /// This product, build or kernel cannot do it.
    NotImplemented,
    /// Something else that is needed does not answer; trying again can help.
    Unavailable,
    /// The request was withdrawn, or its deadline passed.
    Cancelled,
    /// Anything that the one who asks can do nothing about.
    Internal,
}

impl Kind {
    /// The kind in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::AlreadyExists => "already exists",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotImplemented => "not implemented",
            Self::Unavailable => "unavailable",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that knows its kind. Each crate's error enum implements it once.
pub trait Classified: std::error::Error {
    /// What sort of failure it is.
    fn kind(&self) -> Kind;
}
