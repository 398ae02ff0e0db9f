//! A start that came to nothing, as it is told to the starter and to the journal.
//!
//! It is the one error of a monitor that somebody is there to read; after the start there are replies and the journal.

use corten_runtime::StartFailure;

use crate::refusal::Refusal;

/// What kept the container from starting.
#[derive(Debug)]
pub(crate) struct Failure {
    /// 126, 127 or 128, as Docker's inspect shows it.
    pub(crate) exit_code: i32,
    /// For a person.
    pub(crate) message: String,
}

/// Everything that is neither "cannot be invoked" nor "not found".
const CANNOT_START: i32 = 128;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit_code: CANNOT_START, message: message.into() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.into_message())
    }
}

impl From<StartFailure> for Failure {
    fn from(failure: StartFailure) -> Self {
        Self { exit_code: failure.exit_code, message: failure.message }
    }
}

/// Names what was being done when something failed.
///
/// # Errors
/// `cannot <what>: <cause>`.
pub(crate) fn doing<T, E: std::error::Error>(what: &str, result: Result<T, E>) -> Result<T, Failure> {
    result.map_err(|error| Failure::new(format!("cannot {what}: {}", corten_error::chain(&error))))
}
