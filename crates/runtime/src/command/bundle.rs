//! A bundle: a directory with a `config.json`.
//!
//! What the configuration means is the runtime's to say.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use corten_spec::runtime::Spec;

use super::error::CommandError;

/// A bundle that was read.
pub(super) struct Bundle {
    /// Absolute.
    pub(super) path: PathBuf,
    pub(super) spec: Spec,
    /// Absolute.
    pub(super) rootfs: PathBuf,
}

impl Bundle {
    /// As the configuration has it; may be empty.
    pub(super) fn cgroups_path(&self) -> &str {
        self.spec.linux.as_ref().map(|linux| linux.cgroups_path.as_str()).unwrap_or_default()
    }
}

/// Reads the bundle and makes its directory the current one: what the configuration names relatively is relative to it.
///
/// # Errors
/// No such directory, no such file, or not a configuration.
pub(super) fn enter(path: &str) -> Result<Bundle, CommandError> {
    let path = fs::canonicalize(path).map_err(CommandError::io(format!("open bundle `{path}`")))?;
    let file = path.join("config.json");
    let shown = file.display().to_string();
    let bytes = fs::read(&file).map_err(CommandError::io(format!("read `{shown}`")))?;
    let spec: Spec =
        serde_json::from_slice(&bytes).map_err(|cause| CommandError::Document { path: shown, cause })?;
    env::set_current_dir(&path).map_err(CommandError::io(format!("enter bundle `{}`", path.display())))?;
    let root = spec.root.as_ref().ok_or_else(|| CommandError::Usage("config.json has no `root`".into()))?;
    let rootfs = fs::canonicalize(Path::new(&root.path));
    let rootfs = rootfs.map_err(CommandError::io(format!("open root file system `{}`", root.path)))?;
    Ok(Bundle { path, spec, rootfs })
}
