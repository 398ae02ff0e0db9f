//! The Container Device Interface: vendors describe in files what a container needs to use a device of theirs.
//!
//! [`Registry::read`] reads the files of directories, [`Registry::edits`] tells what some devices ask for together. Source: the
//! CDI specification, `SPEC.md`, versions 0.3.0 to 1.0.0. Nothing here changes a container.

mod document;
mod name;
mod registry;
mod yaml;

pub use document::{Device, DeviceNode, Document, Edits, Hook, Mount};
pub use name::DeviceName;
pub use registry::Registry;

use std::path::PathBuf;

/// Why a document is none, or a device cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CdiError {
    /// It is neither JSON nor the part of YAML that is read here.
    #[error("not a CDI document: {0}")]
    Syntax(String),
    /// It is written for another version, or names something in a way that is not allowed.
    #[error("not a CDI document: {0}")]
    Content(String),
    /// Nobody describes them.
    #[error("unresolvable CDI devices {}", .0.join(", "))]
    Unresolvable(Vec<String>),
    /// Two documents of equal rank describe the same device.
    #[error("conflicting CDI documents for device {name}: `{}` and `{}`", first.display(), second.display())]
    Conflict {
        /// The device.
        name: String,
        /// One document.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}
