//! The images of one root: where they lie.
//!
//! Each operation is in a file of its own.

use std::path::{Path, PathBuf};

use corten_content::Content;
use corten_state::Store;
use rustix::fs::Mode;
use rustix::io::Errno;

use crate::ImagesError;

/// The images of a root. Any number of these, in any number of processes, may share one.
#[derive(Debug, Clone)]
pub struct Images {
    pub(crate) layers: PathBuf,
    pub(crate) store: Store,
    pub(crate) content: Content,
}

impl Images {
    /// The images of `root`, whose database and content these are. Touches nothing yet.
    pub fn new(root: &Path, store: Store, content: Content) -> Self {
        Self { layers: root.join("layers"), store, content }
    }

    /// The directory of an unpacked layer.
    pub fn layer_path(&self, id: &str) -> PathBuf {
        self.layers.join(id)
    }

    /// The file that whoever empties layers without a name holds meanwhile, shared with others who do.
    pub(crate) fn removal_path(&self) -> PathBuf {
        self.layers.join(".removal")
    }

    /// The file whose lock is the lease; makes the directory of layers where it is missing.
    pub(crate) fn lease_path(&self) -> Result<PathBuf, ImagesError> {
        match rustix::fs::mkdir(&self.layers, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => Ok(self.layers.join(".lease")),
            Err(source) => Err(ImagesError::file("make directory", &self.layers)(source)),
        }
    }
}
