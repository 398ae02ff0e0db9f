//! A place to unpack into, with an outside that must not change, and a way to look at it.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use corten_layer_tar::{LayerTarError, Limits, Lowers, Unpacked, recreate, unpack_indexed};

use crate::builder::Builder;
use crate::listing::everything_below;

pub(crate) struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("outside")).unwrap();
        fs::write(directory.path().join("outside/victim"), "untouched").unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn unpack(&self, builder: Builder) -> Result<Unpacked, LayerTarError> {
        self.unpack_on("layer", &[], builder)
    }

    /// Unpacks into a new directory `name` on top of the named lower ones, the topmost first.
    pub(crate) fn unpack_on(
        &self,
        name: &str,
        lowers: &[&str],
        builder: Builder,
    ) -> Result<Unpacked, LayerTarError> {
        let lowers: Vec<_> = lowers.iter().map(|lower| self.path(lower)).collect();
        self.unpack_with(name, Lowers::Known(&lowers), &builder.finish())
    }

    pub(crate) fn unpack_with(
        &self,
        name: &str,
        lowers: Lowers<'_>,
        archive: &[u8],
    ) -> Result<Unpacked, LayerTarError> {
        fs::create_dir(self.path(name)).unwrap();
        let mut index = Vec::new();
        let unpacked = unpack_indexed(archive, &self.path(name), lowers, &Limits::default(), &mut index)?;
        // Whatever is unpacked here is made again, too.
        if unpacked.replaced.is_none() {
            let mut again = Vec::new();
            assert_eq!(recreate(&index[..], &self.path(name), &mut again).unwrap(), unpacked.bytes);
            assert!(again == archive, "the archive of `{name}` is another one when it is made again");
        }
        Ok(unpacked)
    }

    /// Nothing outside of the layers was changed.
    pub(crate) fn assert_outside_untouched(&self) {
        assert_eq!(fs::read_to_string(self.path("outside/victim")).unwrap(), "untouched");
        assert_eq!(fs::read_dir(self.path("outside")).unwrap().count(), 1);
        assert_eq!(fs::metadata(self.path("outside/victim")).unwrap().nlink(), 1);
    }

    pub(crate) fn tree(&self, name: &str) -> String {
        tree(&self.path(name))
    }
}

/// One line per object below `root`: kind and mode, owner, path, and what it leads to or contains.
pub(crate) fn tree(root: &Path) -> String {
    let mut lines = String::new();
    for path in everything_below(root) {
        let shown = path.strip_prefix(root).unwrap().display();
        let metadata = path.symlink_metadata().unwrap();
        let kind = metadata.file_type();
        let detail = if kind.is_symlink() {
            format!(" -> {}", fs::read_link(&path).unwrap().display())
        } else if kind.is_char_device() || kind.is_block_device() {
            let device = metadata.rdev();
            format!(" {}:{}", rustix::fs::major(device), rustix::fs::minor(device))
        } else if kind.is_file() {
            format!(" {:?}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
        } else {
            String::new()
        };
        let (mode, uid, gid) = (metadata.mode(), metadata.uid(), metadata.gid());
        writeln!(lines, "{mode:06o} {uid}:{gid} {shown}{detail}").unwrap();
    }
    lines
}

/// An extended attribute of an object, not following a link.
pub(crate) fn xattr(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 256];
    let length = rustix::fs::lgetxattr(path.as_os_str().as_bytes(), name, &mut value[..]).ok()?;
    Some(value[..length].to_vec())
}
