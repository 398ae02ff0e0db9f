//! Where things lie in this workspace.
//!
//! It reads no configuration: what cargo alone knows comes from `metadata`.

use std::path::{Path, PathBuf};

/// The directory with the workspace's `Cargo.toml`, known since this program was compiled in it.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// `path` as a contributor would write it: relative to the root where it lies below it.
pub(crate) fn relative(path: &Path) -> PathBuf {
    path.strip_prefix(root()).unwrap_or(path).to_owned()
}
