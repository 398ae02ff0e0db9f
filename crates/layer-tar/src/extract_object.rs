//! Makes one object of an archive in a tree that is in use.
//!
//! What is in its way is gone already; that something else takes its place meanwhile is an error, never followed.

use std::io::Read;
use std::os::fd::AsFd;

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::Archive;
use crate::clean_path::split;
use crate::entry::{Entry, Metadata};
use crate::error::{LayerTarError, shown};
use crate::extract::{Extractor, Target};
use crate::fill::{fill, special};
use crate::metadata::Defaults;
use crate::owners::Owner;

/// Stands for "as it is" in chown(2).
const UNCHANGED: u32 = u32::MAX;

/// A directory here may give what is made in it its group or an access list, so that nothing is taken for granted.
const NOTHING_KNOWN: Defaults = Defaults { uid: UNCHANGED, gid: UNCHANGED, permitted: None };

impl Extractor<'_> {
    pub(crate) fn regular<R: Read>(
        &mut self,
        target: &Target<'_>,
        entry: &Entry,
        archive: &mut Archive<'_, R>,
    ) -> Result<(), LayerTarError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Nobody is to see it before it is complete.
        let file = fs::openat(target.directory, target.name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(target.failed("create"))?;
        let failed = |verb, source| target.failed(verb)(source);
        let made = fill(file.as_fd(), archive, failed).and_then(|()| {
            let metadata = self.metadata(target, entry)?;
            NOTHING_KNOWN
                .complete_file(file.as_fd(), &metadata)
                .map_err(target.failed("set the attributes of"))
        });
        match made {
            Ok(skipped) => {
                self.done.skipped_attributes += skipped;
                Ok(())
            }
            Err(error) => {
                // Half a file is not left behind; the failure is what is told.
                let _ = fs::unlinkat(target.directory, target.name, AtFlags::empty());
                Err(error)
            }
        }
    }

    pub(crate) fn directory(&mut self, target: &Target<'_>, entry: &Entry) -> Result<(), LayerTarError> {
        match fs::mkdirat(target.directory, target.name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => self.complete_directory(target, entry),
            Err(source) => Err(target.failed("make directory")(source)),
        }
    }

    /// Gives a directory what its entry says. Until the end its owner may write into it: the archive is about to.
    pub(crate) fn complete_directory(
        &mut self,
        target: &Target<'_>,
        entry: &Entry,
    ) -> Result<(), LayerTarError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = fs::openat(target.directory, target.name, flags, Mode::empty())
            .map_err(target.failed("open directory"))?;
        let mut metadata = self.metadata(target, entry)?;
        metadata.mode |= 0o700;
        self.done.skipped_attributes += NOTHING_KNOWN
            .complete_file(directory.as_fd(), &metadata)
            .map_err(target.failed("set the attributes of"))?;
        self.remember(target.path, entry.metadata.mode, entry.metadata.modified);
        Ok(())
    }

    pub(crate) fn symlink(&mut self, target: &Target<'_>, entry: &Entry) -> Result<(), LayerTarError> {
        fs::symlinkat(&entry.link[..], target.directory, target.name)
            .map_err(target.failed("make symbolic link"))?;
        self.complete(target, entry, true)
    }

    pub(crate) fn node(&mut self, target: &Target<'_>, entry: &Entry) -> Result<(), LayerTarError> {
        let (kind, device) = special(entry.kind);
        fs::mknodat(target.directory, target.name, kind, Mode::empty(), device)
            .map_err(target.failed("make device or pipe"))?;
        self.complete(target, entry, false)
    }

    /// Its target is a path of the archive, too, and a link among its parents leads where it does for entries.
    pub(crate) fn hard_link(&mut self, target: &Target<'_>, link: &[u8]) -> Result<(), LayerTarError> {
        let missing = || LayerTarError::LinkTarget { path: shown(target.path), target: shown(link) };
        let path = self.path(link)?;
        let (parent, name) = split(&path);
        if name.is_empty() {
            return Err(missing());
        }
        let parent = self.parent(parent)?;
        match fs::linkat(&parent.fd, name, target.directory, target.name, AtFlags::empty()) {
            Err(Errno::NOENT) => Err(missing()),
            linked => linked.map_err(target.failed("link")),
        }
    }

    fn complete(&mut self, target: &Target<'_>, entry: &Entry, is_link: bool) -> Result<(), LayerTarError> {
        let metadata = self.metadata(target, entry)?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let object =
            fs::openat(target.directory, target.name, flags, Mode::empty()).map_err(target.failed("open"))?;
        self.done.skipped_attributes += NOTHING_KNOWN
            .complete_object(object.as_fd(), &metadata, is_link)
            .map_err(target.failed("set the attributes of"))?;
        Ok(())
    }

    /// What the object is to have, in the ids of the tree.
    fn metadata(&self, target: &Target<'_>, entry: &Entry) -> Result<Metadata, LayerTarError> {
        let mut metadata = entry.metadata.clone();
        (metadata.uid, metadata.gid) = match self.extraction.owners {
            None => (UNCHANGED, UNCHANGED),
            Some(owners) => {
                let stated = Owner { uid: metadata.uid, gid: metadata.gid };
                let owner = self.extraction.owner.unwrap_or(stated);
                let there = owners.in_tree(target.directory, owner);
                let there = there.ok_or_else(|| LayerTarError::NoSuchOwner {
                    path: shown(target.path),
                    uid: owner.uid,
                    gid: owner.gid,
                })?;
                (there.uid, there.gid)
            }
        };
        Ok(metadata)
    }
}
