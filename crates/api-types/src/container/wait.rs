//! `POST /containers/{id}/wait`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerWaitResponse")]
pub struct WaitResponse {
    /// Set when waiting or removing failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<WaitError>,
    /// The exit code.
    pub status_code: i64,
}

/// Why waiting failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerWaitError")]
pub struct WaitError {
    /// One line for the user.
    #[serde(skip_serializing_if = "crate::null::is_default")]
    pub message: String,
}
