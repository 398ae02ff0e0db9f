//! `GET /images/search`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A repository that a registry has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
#[schemars(rename = "ImageSearchResult")]
pub struct SearchResult {
    /// How many like it.
    pub star_count: i64,
    /// Whether it is one of the registry's own.
    pub is_official: bool,
    /// Its name.
    pub name: String,
    /// Always false: what registries say of it is not to be relied on.
    pub is_automated: bool,
    /// What its owner says about it.
    pub description: String,
}
