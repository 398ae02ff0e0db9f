//! What the upper directory of an overlay changes of the layers below it.
//!
//! An object that was only copied up is no change, and neither is a directory whose time alone is new: Docker compares the same way. It
//! packs nothing; [`crate::pack_changes`] does.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use crate::error::{LayerTarError, LimitOf, shown};
use crate::limits::Limits;
use crate::lowers::{Lower, LowerLayers, Lowers};
use crate::metadata::read_xattr;
use crate::pack::failed;
use crate::stack::{Stack, Unread, is_whiteout, join};

/// One path that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// From the root, without a leading slash.
    pub path: Vec<u8>,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is another object, or something in it has changed.
    Modified,
    /// It was not there.
    Added,
    /// It is not there any more; what was in it is not told of.
    Deleted,
}

/// Compares an upper directory with the layers below it, the topmost first. Directories stand before what is in them.
///
/// Empty files and directories at `mount_points` that no layer has are not told of: they were made for something to be mounted on.
///
/// # Errors
/// [`LayerTarError::Source`], [`LayerTarError::Object`], [`LayerTarError::Lower`], [`LayerTarError::Limit`].
pub fn changes(
    upper: &Path,
    lowers: &[PathBuf],
    mount_points: &[&str],
    limits: &Limits,
) -> Result<Vec<Change>, LayerTarError> {
    let below = LowerLayers::open(Lowers::Known(lowers))?;
    let mut comparison = Comparison {
        upper: Stack::open(&[upper.to_owned()])?,
        layers: Stack::open(lowers)?,
        below,
        mount_points,
        limits,
        changes: Vec::new(),
    };
    comparison.run()?;
    Ok(comparison.changes)
}

struct Comparison<'a> {
    upper: Stack,
    layers: Stack,
    below: LowerLayers,
    mount_points: &'a [&'a str],
    limits: &'a Limits,
    changes: Vec<Change>,
}

/// A directory whose content is being compared.
struct Open {
    path: Vec<u8>,
    /// The names to compare, with whether the upper directory has them; else they are gone.
    names: std::collections::btree_map::IntoIter<Vec<u8>, bool>,
    /// It was a directory before, so that what is in it was there before.
    was_directory: bool,
    /// Where it would stand among the changes; `None` where it does already.
    unlisted_at: Option<usize>,
}

impl Comparison<'_> {
    fn run(&mut self) -> Result<(), LayerTarError> {
        let mut open = vec![self.open(Vec::new(), true, true)?];
        while let Some(directory) = open.last_mut() {
            let Some((name, is_in_upper)) = directory.names.next() else {
                let done = open.pop();
                self.close(done);
                continue;
            };
            let (path, was_directory) = (join(&directory.path, &name), directory.was_directory);
            if open.len() > self.limits.depth {
                let (depth, limit) = (open.len(), self.limits.depth);
                return Err(LayerTarError::Depth { path: shown(&path), depth, limit });
            }
            if !is_in_upper {
                self.list(path, ChangeKind::Deleted)?;
            } else if let Some(inner) = self.object(path, was_directory)? {
                open.push(inner);
            }
        }
        Ok(())
    }

    /// A directory in which something has changed has changed itself; the root is not told of.
    fn close(&mut self, directory: Option<Open>) {
        let Some(Open { path, unlisted_at: Some(at), .. }) = directory else { return };
        if self.changes.len() > at && !path.is_empty() {
            self.changes.insert(at, Change { path, kind: ChangeKind::Modified });
        }
    }

    /// Compares one object of the upper directory; a directory is returned, to be compared next.
    fn object(&mut self, path: Vec<u8>, was_in_directory: bool) -> Result<Option<Open>, LayerTarError> {
        let found = self.upper.object(0, &path).map_err(failed("open", &path))?;
        let Some((object, stat)) = found else { return Ok(None) };
        let before = if was_in_directory { self.below.find(&path)? } else { None };
        if is_whiteout(&stat) {
            if before.is_some() {
                self.list(path, ChangeKind::Deleted)?;
            }
            return Ok(None);
        }
        let kind = match &before {
            None => Some(ChangeKind::Added).filter(|_| !self.is_mount_point(&path, &stat)),
            Some(before) => {
                let differs = differs(before, &object, &stat).map_err(failed("read", &path))?;
                differs.then_some(ChangeKind::Modified)
            }
        };
        let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        let was_directory =
            before.is_some_and(|before| FileType::from_raw_mode(before.stat.st_mode) == FileType::Directory);
        if let Some(kind) = kind {
            self.list(path.clone(), kind)?;
        }
        is_directory.then(|| self.open(path, was_directory, kind.is_none())).transpose()
    }

    fn open(&self, path: Vec<u8>, was_directory: bool, is_unlisted: bool) -> Result<Open, LayerTarError> {
        let unread = |unread| match unread {
            Unread::Refused(source) => failed("read", &path)(source),
            Unread::Crowded => self.too_many(),
        };
        let here = self.upper.directory(&path, &[0], self.limits.entries).map_err(unread)?;
        let mut names: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
        if here.opaque && was_directory {
            for name in self.names_below(&path)? {
                names.insert(name, false);
            }
        }
        names.extend(here.names.map(|(name, _)| (name, true)));
        let unlisted_at = is_unlisted.then_some(self.changes.len());
        Ok(Open { path, names: names.into_iter(), was_directory, unlisted_at })
    }

    /// What the layers show in a directory that hides it.
    fn names_below(&self, path: &[u8]) -> Result<Vec<Vec<u8>>, LayerTarError> {
        let layers = self.layers.layers();
        let merged =
            self.layers.directory(path, &layers, self.limits.entries).map_err(|unread| match unread {
                Unread::Refused(source) => LayerTarError::Lower { path: shown(path), source },
                Unread::Crowded => self.too_many(),
            })?;
        let mut names = Vec::new();
        for (name, _) in merged.names {
            if self.below.find(&join(path, &name))?.is_some() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn list(&mut self, path: Vec<u8>, kind: ChangeKind) -> Result<(), LayerTarError> {
        if self.changes.len() as u64 >= self.limits.entries {
            return Err(self.too_many());
        }
        self.changes.push(Change { path, kind });
        Ok(())
    }

    fn too_many(&self) -> LayerTarError {
        let limit = self.limits.entries;
        LayerTarError::Limit(LimitOf { what: "changes", value: limit + 1, limit })
    }

    fn is_mount_point(&self, path: &[u8], stat: &Stat) -> bool {
        let is_plain = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => true,
            FileType::RegularFile => stat.st_size == 0,
            _ => false,
        };
        is_plain && self.mount_points.iter().any(|point| point.as_bytes() == path)
    }
}

/// Whether an object is another than before, as far as can be told without reading it.
fn differs(before: &Lower<'_>, object: &OwnedFd, now: &Stat) -> rustix::io::Result<bool> {
    let (old, is_directory) = (&before.stat, FileType::from_raw_mode(now.st_mode) == FileType::Directory);
    let identity = |stat: &Stat| (stat.st_mode, stat.st_uid, stat.st_gid, stat.st_rdev);
    if identity(old) != identity(now) {
        return Ok(true);
    }
    if !is_directory && (old.st_size != now.st_size || !is_same_time(old, now)) {
        return Ok(true);
    }
    const CAPABILITY: &[u8] = b"security.capability";
    Ok(read_xattr(before.object.as_fd(), CAPABILITY)? != read_xattr(object.as_fd(), CAPABILITY)?)
}

/// A time that an archive has cut to whole seconds is the same.
fn is_same_time(old: &Stat, now: &Stat) -> bool {
    old.st_mtime == now.st_mtime
        && (old.st_mtime_nsec == now.st_mtime_nsec || old.st_mtime_nsec == 0 || now.st_mtime_nsec == 0)
}
