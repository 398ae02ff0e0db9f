//! The two directories that keep one test's engine apart from every other.
//!
//! It makes and removes them; what lies inside is the engine's.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A root and a run directory, removed when dropped. Their paths are short: a unix socket's ends at 107 bytes.
#[derive(Debug)]
pub struct Root {
    directory: TempDir,
}

impl Root {
    /// Makes both directories.
    ///
    /// # Panics
    /// When the temporary directory cannot be written to.
    #[must_use]
    pub fn new() -> Root {
        let directory = tempfile::Builder::new().prefix("corten-").rand_bytes(6).tempdir();
        Root { directory: directory.expect("a temporary directory") }
    }

    /// For `--root`: images, layers, containers.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// For `--run-root`: sockets and what a reboot forgets.
    #[must_use]
    pub fn run(&self) -> PathBuf {
        self.directory.path().join("run")
    }

    /// A place for the test's own files.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        self.directory.path()
    }

    /// The cgroup below which the engine of this root keeps its containers: a name without slashes. Where systemd manages
    /// the tree of cgroups, it is that of a scope, without `.scope`.
    ///
    /// The engine derives it from the path of its root; the end-to-end suite asserts that this is still how.
    #[must_use]
    pub fn cgroup(&self) -> String {
        let path = self.directory.path().canonicalize().unwrap_or_else(|_| self.directory.path().to_owned());
        let path = path.join("root");
        let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, fnv);
        format!("corten-{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
    }

    /// What its bridges' names begin with: its own, as far as the kernel has room for that.
    pub(crate) fn bridge_prefix(&self) -> String {
        let name = self.cgroup().replace('-', "");
        format!("{}-", name.get(..12).unwrap_or(&name))
    }

    /// The default network's bridge.
    #[must_use]
    pub fn bridge(&self) -> String {
        format!("{}0", self.bridge_prefix())
    }
}

impl Default for Root {
    fn default() -> Root {
        Root::new()
    }
}
