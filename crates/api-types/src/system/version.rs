//! `GET /version`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::{is_default, is_none_or_empty, null_default};

/// What the engine is.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "SystemVersion")]
pub struct Version {
    /// The product.
    pub platform: Platform,
    /// Its parts.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "is_default")]
    pub components: Vec<Component>,
    /// The engine's version.
    pub version: String,
    /// Newest API version.
    pub api_version: String,
    /// Oldest API version.
    #[serde(rename = "MinAPIVersion", skip_serializing_if = "is_default")]
    pub min_api_version: String,
    /// Commit that it was built from.
    pub git_commit: String,
    /// Version of Go; other engines have other words here.
    pub go_version: String,
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64` …
    pub arch: String,
    /// `uname -r`.
    #[serde(skip_serializing_if = "is_default")]
    pub kernel_version: String,
    /// Experimental features are on.
    #[serde(skip_serializing_if = "is_default")]
    pub experimental: bool,
    /// When it was built.
    #[serde(skip_serializing_if = "is_default")]
    pub build_time: String,
}

/// The product that an engine belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "Product")]
pub struct Platform {
    /// Its name.
    pub name: String,
}

/// A part of the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "EngineComponent")]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `ApiVersion`, `GitCommit` …
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub details: Option<BTreeMap<String, String>>,
}
