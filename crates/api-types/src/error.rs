//! The body of every answer with a status of 400 or more.

use serde::{Deserialize, Serialize};

/// `{"message": "No such container: web"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// One line for the user, without a prefix.
    pub message: String,
}
