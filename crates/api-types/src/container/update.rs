//! `POST /containers/{id}/update`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Resources, RestartPolicy};
use crate::Unknown;
use crate::null::null_default;

/// What is to change; zero, empty and absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerUpdateRequest")]
pub struct UpdateRequest {
    /// Limits; their fields stand among the others.
    #[serde(flatten)]
    pub resources: Resources,
    /// What happens when it ends.
    #[serde(deserialize_with = "null_default")]
    pub restart_policy: RestartPolicy,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerUpdateResponse")]
pub struct UpdateResponse {
    /// What the user should know; absent where there is nothing.
    pub warnings: Option<Vec<String>>,
}
