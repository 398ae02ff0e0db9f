//! The body of every answer with a status of 400 or more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `{"message": "No such container: web"}`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// One line for the user, without a prefix.
    pub message: String,
}

/// The field behind a streamed answer that says why it breaks off, percent-encoded. Only a client that asks for trailers
/// (`TE: trailers`) is told so; for others the connection breaks, so that nobody takes what came for all there is.
pub const FAILURE_TRAILER: &str = "corten-failure";
