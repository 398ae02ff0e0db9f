//! The directory that a layer is unpacked into: places one entry after another.
//!
//! It does not read archives by itself and knows nothing of digests.

use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, XattrFlags};
use rustix::io::Errno;

use crate::clean_path::{clean, push, split};
use crate::entry::{Entry, Kind};
use crate::error::{LayerTarError, shown};
use crate::fill::{fill, special};
use crate::index::{Directory, Index, Node};
use crate::lowers::{LowerLayers, Lowers, open_beneath};
use crate::metadata::Defaults;
use crate::parents::{Parent, Parents};
use crate::whiteout::{Whiteout, recognise};
use crate::{Archive, Limits};

/// What is known of the layer while it is unpacked.
pub(crate) struct Destination<'a> {
    pub(crate) root: OwnedFd,
    pub(crate) index: Index,
    pub(crate) lowers: LowerLayers,
    pub(crate) parents: Parents,
    pub(crate) defaults: Defaults,
    pub(crate) limits: &'a Limits,
    pub(crate) self_contained: bool,
    pub(crate) skipped_attributes: u64,
    /// Bytes of file contents.
    pub(crate) content: u64,
    /// The first object that had contents and is gone since a later entry took its place.
    pub(crate) replaced: Option<Vec<u8>>,
}

/// Where an object goes: a name in an open directory.
pub(crate) struct Place<'a> {
    pub(crate) parent: &'a Parent,
    pub(crate) name: &'a [u8],
}

impl Place<'_> {
    pub(crate) fn path(&self) -> Vec<u8> {
        let mut path = self.parent.path.clone();
        push(&mut path, self.name);
        path
    }

    pub(crate) fn failed(&self, verb: &'static str) -> impl Fn(Errno) -> LayerTarError {
        move |source| LayerTarError::Object { verb, path: shown(&self.path()), source }
    }
}

impl<'a> Destination<'a> {
    pub(crate) fn open(into: &Path, lowers: Lowers<'_>, limits: &'a Limits) -> Result<Self, LayerTarError> {
        let failed = |source| LayerTarError::Destination { path: into.to_owned(), source };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let root = fs::openat(CWD, into, flags, Mode::empty()).map_err(failed)?;
        let defaults = prepare(&root).map_err(failed)?;
        Ok(Self {
            root,
            index: Index::new(),
            lowers: LowerLayers::open(lowers)?,
            parents: Parents::default(),
            defaults,
            limits,
            self_contained: true,
            skipped_attributes: 0,
            content: 0,
            replaced: None,
        })
    }

    /// Makes what one entry describes; its content is read from the archive.
    pub(crate) fn place<R: Read>(
        &mut self,
        entry: Entry,
        archive: &mut Archive<'_, R>,
    ) -> Result<(), LayerTarError> {
        let path = clean(&entry.path, self.limits)?;
        if path.is_empty() {
            return self.place_root(entry);
        }
        let (parent, name) = split(&path);
        match recognise(name) {
            None => {}
            Some(Whiteout::Foreign) => return Ok(()),
            Some(Whiteout::Opaque) => return self.parent(parent).and_then(|parent| self.hide_all(&parent)),
            Some(Whiteout::Of(hidden)) => {
                return self.parent(parent).and_then(|parent| self.hide(&parent, hidden));
            }
        }
        let parent = self.parent(parent)?;
        let place = Place { parent: &parent, name };
        match entry.kind {
            Kind::Regular => self.regular(&place, &entry, archive),
            Kind::Directory => self.directory(&place, entry),
            Kind::Symlink => self.symlink(&place, entry),
            Kind::HardLink => self.hard_link(&place, &entry.link),
            // The same object as a whiteout: an overlay could not tell them apart.
            Kind::Character { major: 0, minor: 0 } => self.hide(&parent, name),
            Kind::Character { .. } | Kind::Block { .. } | Kind::Fifo => self.node(&place, &entry),
        }
    }

    fn place_root(&mut self, entry: Entry) -> Result<(), LayerTarError> {
        match (entry.kind, self.index.directory_mut(b"")) {
            (Kind::Directory, Some(root)) => {
                root.metadata = entry.metadata;
                Ok(())
            }
            _ => Err(LayerTarError::Path {
                path: shown(&entry.path),
                problem: "the root can only be a directory",
            }),
        }
    }

    fn regular<R: Read>(
        &mut self,
        place: &Place<'_>,
        entry: &Entry,
        archive: &mut Archive<'_, R>,
    ) -> Result<(), LayerTarError> {
        let file = self.create_file(place, entry.metadata.mode)?;
        archive.record_content(&place.path(), entry.size);
        fill(file.as_fd(), archive, |verb, source| place.failed(verb)(source))?;
        self.content += entry.size;
        self.skipped_attributes += self
            .defaults
            .complete_file(file.as_fd(), &entry.metadata)
            .map_err(place.failed("set the attributes of"))?;
        Ok(())
    }

    /// Creates an empty file for writing, in place of whatever is there.
    pub(crate) fn create_file(&mut self, place: &Place<'_>, mode: u32) -> Result<OwnedFd, LayerTarError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Setuid bits only once the content is complete.
        let mode = Mode::from_raw_mode(mode & 0o777);
        self.replacing(place, "create", || fs::openat(&place.parent.fd, place.name, flags, mode))
    }

    fn directory(&mut self, place: &Place<'_>, entry: Entry) -> Result<(), LayerTarError> {
        let path = place.path();
        if let Some(directory) = self.index.directory_mut(&path) {
            directory.metadata = entry.metadata;
            directory.borrowed = false;
            return Ok(());
        }
        // Taken away by this very layer: the new directory must not show what it was.
        let opaque = matches!(self.index.get(&path), Some(Node::Whiteout));
        // Closed to everybody else until it is complete.
        let make = || fs::mkdirat(&place.parent.fd, place.name, Mode::RWXU);
        self.replacing(place, "make directory", make)?;
        let directory = Directory { opaque, ..Directory::with(entry.metadata) };
        self.index.insert(path, Node::Directory(directory));
        Ok(())
    }

    pub(crate) fn symlink(&mut self, place: &Place<'_>, entry: Entry) -> Result<(), LayerTarError> {
        let make = || fs::symlinkat(&entry.link[..], &place.parent.fd, place.name);
        self.replacing(place, "make symbolic link", make)?;
        self.skipped_attributes += self
            .defaults
            .complete_at(place.parent.fd.as_fd(), place.name, &entry.metadata, true)
            .map_err(place.failed("set the attributes of"))?;
        // Docker counts what a link leads to as what the link contains.
        self.content += entry.link.len() as u64;
        self.index.insert(place.path(), Node::Symlink(entry.link));
        Ok(())
    }

    pub(crate) fn node(&mut self, place: &Place<'_>, entry: &Entry) -> Result<(), LayerTarError> {
        let (kind, device) = special(entry.kind);
        let mode = Mode::from_raw_mode(entry.metadata.mode & 0o777);
        let make = || fs::mknodat(&place.parent.fd, place.name, kind, mode, device);
        self.replacing(place, "make device or pipe", make)?;
        self.skipped_attributes += self
            .defaults
            .complete_at(place.parent.fd.as_fd(), place.name, &entry.metadata, false)
            .map_err(place.failed("set the attributes of"))?;
        Ok(())
    }

    /// Makes an object that must not exist yet; if it does, the later entry wins and the earlier one is removed.
    pub(crate) fn replacing<T>(
        &mut self,
        place: &Place<'_>,
        verb: &'static str,
        make: impl Fn() -> rustix::io::Result<T>,
    ) -> Result<T, LayerTarError> {
        match make() {
            Err(Errno::EXIST) => {}
            made => return made.map_err(place.failed(verb)),
        }
        let path = place.path();
        let before = fs::statat(&place.parent.fd, place.name, AtFlags::SYMLINK_NOFOLLOW);
        let before = before.map_err(place.failed("look at"))?;
        let kind = FileType::from_raw_mode(before.st_mode);
        if kind == FileType::Directory || kind == FileType::RegularFile && before.st_size > 0 {
            self.replaced.get_or_insert_with(|| path.clone());
        }
        corten_tree::remove(&place.parent.fd, OsStr::from_bytes(place.name))
            .map_err(|source| LayerTarError::Replace { path: shown(&path), source })?;
        self.index.forget(&path);
        // Any cached directory may have been below it or found through it.
        self.parents.clear();
        make().map_err(place.failed(verb))
    }

    /// Completes the directories, each before the one that it is in: a mode may forbid to go back into it.
    pub(crate) fn finish(mut self) -> Result<u64, LayerTarError> {
        self.index.return_hidden();
        self.hide_roots()?;
        let mut skipped = self.skipped_attributes;
        // They were made for this process alone.
        let defaults = Defaults { permitted: None, ..self.defaults };
        for (path, directory) in self.index.into_directories() {
            let failed = |verb| {
                let path = shown(&path);
                move |source| LayerTarError::Object { verb, path, source }
            };
            let opened = open_beneath(self.root.as_fd(), &path, OFlags::RDONLY | OFlags::DIRECTORY)
                .map_err(failed("open directory"))?;
            if directory.opaque {
                fs::fsetxattr(&opened, "trusted.overlay.opaque", b"y", XattrFlags::empty())
                    .map_err(failed("make opaque directory"))?;
            }
            if directory.whiteouts {
                // Where no lower layer has the directory, the kernel looks for whiteouts only in those that it may have copied up
                // itself, and would list the names. Empty means of unknown origin.
                fs::fsetxattr(&opened, "trusted.overlay.origin", b"", XattrFlags::empty())
                    .map_err(failed("mark the whiteouts in directory"))?;
            }
            skipped += defaults
                .complete_file(opened.as_fd(), &directory.metadata)
                .map_err(failed("set the attributes of directory"))?;
        }
        Ok(skipped)
    }
}

/// Checks that the directory is empty, and finds out what new files in it are like.
fn prepare(root: &OwnedFd) -> rustix::io::Result<Defaults> {
    for entry in Dir::read_from(root)? {
        if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
            return Err(Errno::NOTEMPTY);
        }
    }
    // Without a setgid bit to inherit, new files belong to this process.
    fs::fchmod(root, Mode::RWXU)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let probe = fs::openat(root, "probe", flags, Mode::RWXU | Mode::RWXG | Mode::RWXO)?;
    let stat = fs::fstat(&probe)?;
    fs::unlinkat(root, "probe", AtFlags::empty())?;
    Ok(Defaults { uid: stat.st_uid, gid: stat.st_gid, permitted: Some(stat.st_mode & 0o777) })
}
