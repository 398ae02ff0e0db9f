//! The list of what was installed: files with the digests of what was written, directories that were made, the group.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Where it lies.
pub(super) const PATH: &str = "/usr/local/share/corten/installed.json";

/// What was installed.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Digests by paths, as they are without another root.
    pub(super) files: BTreeMap<PathBuf, String>,
    /// Directories that were not there before.
    pub(super) directories: BTreeSet<PathBuf>,
    /// Whether the group was not there before.
    pub(super) made_group: bool,
}

impl Record {
    /// Reads it; `None` where nothing was installed. The error is a line for the user.
    pub(super) fn read(root: &Path) -> Result<Option<Self>, String> {
        let path = below(root, Path::new(PATH));
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| format!("cannot read `{}`: {error}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read `{}`: {error}", path.display())),
        }
    }

    /// Whether this is what was written to a path.
    pub(super) fn wrote(&self, path: &Path, content: &[u8]) -> bool {
        self.files.get(path).is_some_and(|known| *known == digest(content))
    }
}

/// The digest of a content.
pub(super) fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A path below another root.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}
