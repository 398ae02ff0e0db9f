//! How the engine reaches registries (`RegistryConfig` of info).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::null_default;

/// Registries that are treated specially.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RegistryConfig {
    /// By name.
    #[serde(deserialize_with = "null_default")]
    pub index_configs: BTreeMap<String, IndexInfo>,
    /// Networks whose registries may speak plain HTTP.
    #[serde(rename = "InsecureRegistryCIDRs", deserialize_with = "null_default")]
    pub insecure_registry_cidrs: Vec<String>,
    /// Mirrors of the default registry; `null` without any.
    pub mirrors: Option<Vec<String>>,
}

/// One registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct IndexInfo {
    /// Host name.
    pub name: String,
    /// Its mirrors.
    #[serde(deserialize_with = "null_default")]
    pub mirrors: Vec<String>,
    /// TLS with a verified certificate is asked for.
    pub secure: bool,
    /// It is the default registry.
    pub official: bool,
}
