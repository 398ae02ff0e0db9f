//! What the layers below have at a path: the view that an overlay of them would give.
//!
//! It follows no links, changes nothing, and does not know the layer that is being unpacked.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{self, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use crate::clean_path::split;
use crate::error::{LayerTarError, shown};
use crate::metadata;

/// The layers below the one that is unpacked.
#[derive(Debug, Clone, Copy)]
pub enum Lowers<'a> {
    /// Their directories, the topmost first; none for the lowest layer.
    Known(&'a [PathBuf]),
    /// They are not unpacked yet: a layer that depends on them ends with [`LayerTarError::NeedsLowers`].
    Unknown,
}

/// The opened layers, the topmost first; `None` when they are unknown.
pub(crate) struct LowerLayers(Option<Vec<OwnedFd>>);

/// An object that a lower layer shows, opened with `O_PATH`.
pub(crate) struct Lower<'a> {
    pub(crate) layer: BorrowedFd<'a>,
    pub(crate) object: OwnedFd,
    pub(crate) stat: Stat,
}

impl LowerLayers {
    pub(crate) fn open(lowers: Lowers<'_>) -> Result<Self, LayerTarError> {
        let Lowers::Known(paths) = lowers else { return Ok(Self(None)) };
        let open = |path: &PathBuf| {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            fs::openat(CWD, path, flags, Mode::empty())
                .map_err(|source| LayerTarError::Destination { path: path.clone(), source })
        };
        Ok(Self(Some(paths.iter().map(open).collect::<Result<_, _>>()?)))
    }

    /// The object that the layers together show at a clean path whose parents are no links.
    ///
    /// # Errors
    /// [`LayerTarError::NeedsLowers`] when the layers are unknown, [`LayerTarError::Lower`].
    pub(crate) fn find(&self, path: &[u8]) -> Result<Option<Lower<'_>>, LayerTarError> {
        let Some(layers) = &self.0 else {
            return Err(LayerTarError::NeedsLowers { path: shown(path) });
        };
        let failed = |source| LayerTarError::Lower { path: shown(path), source };
        for layer in layers {
            match open_beneath(layer.as_fd(), path, OFlags::PATH) {
                Ok(object) => {
                    let stat = fs::fstat(&object).map_err(failed)?;
                    let shows = !is_whiteout(&stat);
                    return Ok(shows.then(|| Lower { layer: layer.as_fd(), object, stat }));
                }
                Err(Errno::NOENT) if !is_opaque_above(layer.as_fd(), path).map_err(failed)? => {}
                // Something that is no directory (a whiteout, a file, a link) or an opaque directory hides the rest.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
                Err(source) => return Err(failed(source)),
            }
        }
        Ok(None)
    }
}

impl LowerLayers {
    /// What the roots of the layers hold, all together, whiteouts included.
    ///
    /// # Errors
    /// [`LayerTarError::NeedsLowers`] when the layers are unknown, [`LayerTarError::Lower`].
    pub(crate) fn root_names(&self) -> Result<BTreeSet<Vec<u8>>, LayerTarError> {
        let Some(layers) = &self.0 else {
            return Err(LayerTarError::NeedsLowers { path: shown(b"") });
        };
        let failed = |source| LayerTarError::Lower { path: shown(b""), source };
        let mut names = BTreeSet::new();
        for layer in layers {
            for entry in Dir::read_from(layer).map_err(failed)? {
                names.insert(entry.map_err(failed)?.file_name().to_bytes().to_vec());
            }
        }
        names.retain(|name| !matches!(name.as_slice(), b"." | b".."));
        Ok(names)
    }
}

/// Opens an object beneath a layer's root without following any link.
pub(crate) fn open_beneath(layer: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let path = if path.is_empty() { b"." } else { path };
    fs::openat2(layer, path, flags, Mode::empty(), resolve)
}

fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

fn is_opaque_above(layer: BorrowedFd<'_>, path: &[u8]) -> rustix::io::Result<bool> {
    let mut path = path;
    while !path.is_empty() {
        path = split(path).0;
        match open_beneath(layer, path, OFlags::PATH) {
            Ok(above) => {
                if metadata::read_xattr(above.as_fd(), b"trusted.overlay.opaque")?
                    .is_some_and(|value| value == b"y")
                {
                    return Ok(true);
                }
            }
            Err(Errno::NOENT) => {}
            Err(Errno::NOTDIR | Errno::LOOP) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
