//! Directories that layers are unpacked into before they have their name.
//!
//! A crash leaves them behind; [`crate::collect`] removes them, which the lease of whoever unpacks prevents meanwhile.

use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::ImagesError;

/// What such names begin with; no layer's does.
pub(crate) const PREFIX: &str = ".unpacking-";

/// A new directory; removed when dropped before [`Self::install`].
#[derive(Debug)]
pub(crate) struct Staging {
    layers: PathBuf,
    name: String,
}

impl Staging {
    pub(crate) fn new(layers: &Path) -> Result<Self, ImagesError> {
        let name = Self::fresh_name(layers)?;
        let path = layers.join(&name);
        fs::mkdir(&path, Mode::RWXU).map_err(ImagesError::file("make directory", path))?;
        Ok(Self { layers: layers.to_owned(), name })
    }

    /// A name that nobody uses.
    pub(crate) fn fresh_name(layers: &Path) -> Result<String, ImagesError> {
        let mut random = [MaybeUninit::uninit(); 8];
        let (random, _) = getrandom(&mut random, GetRandomFlags::empty())
            .map_err(ImagesError::file("name a directory in", layers))?;
        Ok(random.iter().fold(PREFIX.to_owned(), |name, byte| format!("{name}{byte:02x}")))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.layers.join(&self.name)
    }

    /// Gives the directory its name. One that has the name already is what a crash left, since no record speaks of it: the two change
    /// places.
    pub(crate) fn install(mut self, id: &str) -> Result<(), ImagesError> {
        let to = self.layers.join(id);
        let rename = |flags| fs::renameat_with(CWD, self.path(), CWD, &to, flags);
        match rename(RenameFlags::NOREPLACE) {
            Ok(()) => self.name.clear(),
            Err(Errno::EXIST | Errno::NOTEMPTY) => {
                rename(RenameFlags::EXCHANGE).map_err(ImagesError::file("name directory", to))?;
            }
            Err(source) => return Err(ImagesError::file("name directory", to)(source)),
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.name.is_empty() {
            return;
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let layers = fs::openat(CWD, &self.layers, flags, Mode::empty());
        // What cannot be removed now is found by the next collection, which reports why.
        let _later = layers.map(|layers| corten_tree::remove(&layers, &self.name));
    }
}
