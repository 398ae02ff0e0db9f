//! Directories on top of each other, read as an overlay of them would show them, without mounting one.
//!
//! They may change meanwhile, by somebody hostile: every path is opened beneath its directory, and no link in it is followed.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::rc::Rc;

use rustix::fs::{self, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::{Errno, Result};

use crate::error::LayerTarError;
use crate::metadata::read_xattr;

/// Opened layers, the topmost first.
pub(crate) struct Stack {
    layers: Vec<OwnedFd>,
    /// What may not be crossed on the way to an object.
    resolve: ResolveFlags,
}

const NO_LINKS: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS);

/// A directory that cannot be read.
pub(crate) enum Unread {
    /// The kernel says why.
    Refused(Errno),
    /// It has more names than there is room for.
    Crowded,
}

impl From<Errno> for Unread {
    fn from(error: Errno) -> Self {
        Self::Refused(error)
    }
}

/// A directory of a stack.
pub(crate) struct Merged {
    pub(crate) path: Rc<[u8]>,
    /// The layers that show something of it, the topmost first.
    pub(crate) layers: Vec<usize>,
    /// The topmost of them hides what is below.
    pub(crate) opaque: bool,
    /// What is in it, each name with the topmost layer that has it; in the order of the bytes.
    pub(crate) names: std::collections::btree_map::IntoIter<Vec<u8>, usize>,
}

impl Stack {
    pub(crate) fn open(layers: &[PathBuf]) -> std::result::Result<Self, LayerTarError> {
        let open = |path: &PathBuf| {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            fs::openat(CWD, path, flags, Mode::empty())
                .map_err(|source| LayerTarError::Source { path: path.clone(), source })
        };
        let layers = layers.iter().map(open).collect::<std::result::Result<_, _>>()?;
        Ok(Self { layers, resolve: NO_LINKS.union(ResolveFlags::NO_XDEV) })
    }

    /// One directory with all that is mounted in it.
    pub(crate) fn of(directory: OwnedFd) -> Self {
        Self { layers: vec![directory], resolve: NO_LINKS }
    }

    /// All of the layers.
    pub(crate) fn layers(&self) -> Vec<usize> {
        (0..self.layers.len()).collect()
    }

    /// An object of one layer, opened with `O_PATH`; `None` when it is not there any more.
    pub(crate) fn object(&self, layer: usize, path: &[u8]) -> Result<Option<(OwnedFd, Stat)>> {
        let Some(object) = gone_is_none(self.open_in(layer, path, OFlags::PATH))? else { return Ok(None) };
        let stat = fs::fstat(&object)?;
        Ok(Some((object, stat)))
    }

    /// The directory at a path, of which these layers may show something, the topmost first; with at most so many names.
    pub(crate) fn directory(
        &self,
        path: &[u8],
        candidates: &[usize],
        room: u64,
    ) -> std::result::Result<Merged, Unread> {
        let mut names = BTreeMap::new();
        let mut layers = Vec::new();
        let mut opaque = false;
        for &layer in candidates {
            let directory = match self.open_in(layer, path, OFlags::RDONLY | OFlags::DIRECTORY) {
                Ok(directory) => directory,
                Err(Errno::NOENT) => continue,
                // A file, a link or a whiteout hides what is below.
                Err(Errno::NOTDIR | Errno::LOOP) => break,
                Err(error) => return Err(error.into()),
            };
            for entry in Dir::read_from(&directory)? {
                let entry = entry?;
                let name = entry.file_name().to_bytes();
                if name != b"." && name != b".." {
                    names.entry(name.to_vec()).or_insert(layer);
                    if names.len() as u64 > room {
                        return Err(Unread::Crowded);
                    }
                }
            }
            let hides = is_opaque(&directory)?;
            opaque |= hides && layers.is_empty();
            layers.push(layer);
            if hides {
                break;
            }
        }
        Ok(Merged { path: path.into(), layers, opaque, names: names.into_iter() })
    }

    fn open_in(&self, layer: usize, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
        let path = if path.is_empty() { b"." } else { path };
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            match fs::openat2(&self.layers[layer], path, flags, Mode::empty(), self.resolve) {
                // Something was renamed meanwhile, and the kernel could not tell whether this leads out (openat2(2)).
                Err(Errno::AGAIN | Errno::INTR) => {}
                opened => return opened,
            }
        }
    }
}

impl Merged {
    /// The layers that may show something of what `layer` shows in this directory.
    pub(crate) fn from(&self, layer: usize) -> Vec<usize> {
        self.layers.iter().copied().filter(|&other| other >= layer).collect()
    }

    /// The path of something in it.
    pub(crate) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        join(&self.path, name)
    }
}

/// A name in a directory; the root's path is empty.
pub(crate) fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    if parent.is_empty() { name.to_vec() } else { [parent, name].join(&b'/') }
}

/// Whether it says that a lower layer's name is gone.
pub(crate) fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

fn is_opaque(directory: &OwnedFd) -> Result<bool> {
    Ok(read_xattr(directory.as_fd(), b"trusted.overlay.opaque")?.is_some_and(|value| value == b"y"))
}

fn gone_is_none<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(error) => Err(error),
    }
}
