//! Platforms: an operating system, an architecture and a variant, as images and users name them.
//! What the CPU of this machine can do is not asked.
//!
//! Source: OCI image-spec, `image-index.md`; the shorthands are those that Docker's commands take.

mod choose;
mod normalize;
mod parse;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use choose::choose;
pub use parse::{PlatformError, parse};

use crate::omit::null_as_default;

/// What an image was built for, or what somebody wants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// CPU architecture by Go's name: `amd64`.
    #[serde(default)]
    pub architecture: String,
    /// Operating system by Go's name: `linux`.
    #[serde(default)]
    pub os: String,
    /// Version of the operating system; Windows only.
    #[serde(rename = "os.version", default, skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Features of the operating system that are needed.
    #[serde(
        rename = "os.features",
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub os_features: Vec<String>,
    /// Variant of the CPU: `v7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// A platform without a variant.
    pub fn new(os: &str, architecture: &str) -> Self {
        Self { os: os.to_owned(), architecture: architecture.to_owned(), ..Self::default() }
    }

    /// What this program was built for, normalised. A 32-bit ARM counts as v7.
    pub fn host() -> Self {
        Self::new(std::env::consts::OS, normalize::HOST_ARCHITECTURE).normalize()
    }

    /// Go's `runtime.GOARCH` of this program: `amd64`, without any variant.
    pub fn host_architecture() -> &'static str {
        normalize::HOST_ARCHITECTURE
    }
}

/// `linux/arm/v7`; `unknown` for the empty platform, as Docker shows it.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.os.is_empty() {
            return f.pad("unknown");
        }
        let variant = self.variant.as_deref().unwrap_or_default();
        let parts = [self.os.as_str(), self.architecture.as_str(), variant];
        let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        f.pad(&words.join("/"))
    }
}

impl std::str::FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text)
    }
}
