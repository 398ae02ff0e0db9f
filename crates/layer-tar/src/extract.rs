//! Extracts an archive into a tree that is in use: what is there is kept, merged with or replaced, as Docker's copying does.
//!
//! It makes no whiteouts and knows no layers; [`crate::unpack`] does. It does not make the destination.
//!
//! Links among the parents of an entry are followed as somebody inside would follow them, never out of the tree, whoever exchanges what
//! meanwhile (CVE-2018-15664); no pipe or device is opened.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{self, AtFlags, FileType, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;

use crate::clean_path::{clean, components, push, split};
use crate::entry::{Entry, Kind};
use crate::error::{LayerTarError, shown};
use crate::owners::{Owner, Owners};
use crate::parents::{Parent, Parents};
use crate::{Archive, Limits, Moment};

/// Where an archive goes, and what becomes of what is there.
#[derive(Clone, Copy)]
pub struct Extraction<'a> {
    /// The root of the tree, which is where absolute links lead.
    pub root: BorrowedFd<'a>,
    /// The directory in it that the archive's paths begin in; empty = the root.
    pub at: &'a [u8],
    /// Refuses links that lead out of the root instead of following them inside of it: for a root that is nobody's `/`.
    pub refuse_outward_links: bool,
    /// Fails where a directory would replace something else, or be replaced by it.
    pub refuse_exchange: bool,
    /// Who owns all of it; `None` for whom the archive says.
    pub owner: Option<Owner>,
    /// What the first part of every path in the archive is called instead; from nothing, everything goes below the new name.
    pub rename: Option<(&'a [u8], &'a [u8])>,
    /// How owners stand in the tree; `None` leaves all to whoever extracts.
    pub owners: Option<&'a dyn Owners>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extracted {
    /// Entries of the archive.
    pub entries: u64,
    /// Extended attributes that this file system or user cannot have.
    pub skipped_attributes: u64,
}

/// Extracts an uncompressed archive and reads the stream to its end. What was extracted before an error stays, but for the file in
/// whose middle it came.
///
/// # Errors
/// [`LayerTarError::Exchange`], [`LayerTarError::Object`], [`LayerTarError::Path`] and those of reading.
pub fn extract(
    reader: impl Read,
    extraction: Extraction<'_>,
    limits: &Limits,
) -> Result<Extracted, LayerTarError> {
    let mut archive = Archive::new(reader, limits);
    let mut extractor = Extractor::new(extraction, limits);
    while let Some(entry) = archive.next_entry()? {
        extractor.done.entries += 1;
        extractor.place(&entry, &mut archive)?;
    }
    archive.finish()?;
    extractor.finish();
    Ok(extractor.done)
}

pub(crate) struct Extractor<'a> {
    pub(crate) extraction: Extraction<'a>,
    pub(crate) done: Extracted,
    limits: &'a Limits,
    parents: Parents,
    /// What directories are to be once nothing more is put into them.
    directories: Vec<(Vec<u8>, u32, Moment)>,
}

/// Where an object goes: a name in an open directory.
pub(crate) struct Target<'a> {
    pub(crate) directory: BorrowedFd<'a>,
    pub(crate) name: &'a [u8],
    /// In the archive.
    pub(crate) path: &'a [u8],
}

impl Target<'_> {
    pub(crate) fn failed(&self, verb: &'static str) -> impl Fn(Errno) -> LayerTarError {
        move |source| LayerTarError::Object { verb, path: shown(self.path), source }
    }
}

impl<'a> Extractor<'a> {
    fn new(extraction: Extraction<'a>, limits: &'a Limits) -> Self {
        let (done, parents) = (Extracted::default(), Parents::default());
        Self { extraction, done, limits, parents, directories: Vec::new() }
    }

    fn place<R: Read>(&mut self, entry: &Entry, archive: &mut Archive<'_, R>) -> Result<(), LayerTarError> {
        let path = self.path(&entry.path)?;
        if path.is_empty() {
            return self.place_root(entry);
        }
        let (parent, name) = split(&path);
        let parent = self.parent(parent)?;
        let target = Target { directory: parent.fd.as_fd(), name, path: &path };
        if self.make_way(&target, entry.kind)? {
            // What leads there may have been a link or a directory.
            self.parents.clear();
        }
        match entry.kind {
            Kind::Regular => self.regular(&target, entry, archive),
            Kind::Directory => self.directory(&target, entry),
            Kind::Symlink => self.symlink(&target, entry),
            Kind::HardLink => self.hard_link(&target, &entry.link),
            Kind::Character { .. } | Kind::Block { .. } | Kind::Fifo => self.node(&target, entry),
        }
    }

    /// A path of the archive as one of the tree.
    pub(crate) fn path(&self, path: &[u8]) -> Result<Vec<u8>, LayerTarError> {
        let path = clean(path, self.limits)?;
        let Some((from, to)) = self.extraction.rename else { return Ok(path) };
        let rest = match from {
            b"" => &path[..],
            from => match path.strip_prefix(from) {
                Some(rest) if rest.is_empty() || rest.starts_with(b"/") => {
                    rest.strip_prefix(b"/").unwrap_or(rest)
                }
                _ => return Ok(path),
            },
        };
        let mut renamed = to.to_vec();
        if !rest.is_empty() {
            push(&mut renamed, rest);
        }
        Ok(renamed)
    }

    /// `.` says nothing about the directory that is extracted into, which has its own metadata; `/` does.
    fn place_root(&mut self, entry: &Entry) -> Result<(), LayerTarError> {
        if entry.kind != Kind::Directory {
            let problem = "the root can only be a directory";
            return Err(LayerTarError::Path { path: shown(&entry.path), problem });
        }
        if !entry.path.starts_with(b"/") {
            return Ok(());
        }
        let directory = self.parent(b"")?;
        self.complete_directory(&Target { directory: directory.fd.as_fd(), name: b".", path: b"" }, entry)
    }

    /// Looks at what is there and removes it unless it can stay; whether anything was removed.
    fn make_way(&self, target: &Target<'_>, kind: Kind) -> Result<bool, LayerTarError> {
        let there = match fs::statat(target.directory, target.name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(false),
            stat => stat.map_err(target.failed("look at"))?,
        };
        let was_directory = FileType::from_raw_mode(there.st_mode) == FileType::Directory;
        let is_directory = kind == Kind::Directory;
        if was_directory && is_directory {
            return Ok(false);
        }
        if self.extraction.refuse_exchange && was_directory != is_directory {
            return Err(LayerTarError::Exchange { path: shown(target.path), by_directory: is_directory });
        }
        use std::os::unix::ffi::OsStrExt as _;
        corten_tree::remove(target.directory, std::ffi::OsStr::from_bytes(target.name))
            .map_err(|source| LayerTarError::Replace { path: shown(target.path), source })?;
        Ok(true)
    }

    /// The directory at a clean path of the archive.
    pub(crate) fn parent(&mut self, path: &[u8]) -> Result<Rc<Parent>, LayerTarError> {
        if let Some(parent) = self.parents.get(path) {
            return Ok(parent);
        }
        let failed = |source| LayerTarError::Object { verb: "open directory", path: shown(path), source };
        let fd = match self.open(path, OFlags::PATH | OFlags::DIRECTORY) {
            Err(Errno::NOENT) if !path.is_empty() => self.imply(path)?,
            opened => opened.map_err(failed)?,
        };
        let parent = Rc::new(Parent { fd, path: path.to_vec() });
        self.parents.keep(path.to_vec(), Rc::clone(&parent));
        Ok(parent)
    }

    /// Makes the directories that no entry describes: 0755 and root's.
    fn imply(&mut self, path: &[u8]) -> Result<OwnedFd, LayerTarError> {
        let mut so_far = Vec::new();
        for component in components(path) {
            let above = self.parent(&so_far)?;
            push(&mut so_far, component);
            let target = Target { directory: above.fd.as_fd(), name: component, path: &so_far };
            match fs::mkdirat(target.directory, component, Mode::from_raw_mode(0o755)) {
                Ok(()) => self.own_implied(&target)?,
                // A link that leads nowhere is no directory, and opening it will say so.
                Err(Errno::EXIST) => {}
                Err(source) => return Err(target.failed("make directory")(source)),
            }
        }
        let failed = |source| LayerTarError::Object { verb: "open directory", path: shown(path), source };
        self.open(path, OFlags::PATH | OFlags::DIRECTORY).map_err(failed)
    }

    fn own_implied(&self, target: &Target<'_>) -> Result<(), LayerTarError> {
        let root = Owner { uid: 0, gid: 0 };
        let owner = self.extraction.owners.and_then(|owners| owners.in_tree(target.directory, root));
        let Some(owner) = owner else { return Ok(()) };
        let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
        fs::chownat(target.directory, target.name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(target.failed("set the owner of"))
    }

    /// Opens a path of the archive, links followed inside the tree.
    pub(crate) fn open(&self, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let mut full = self.extraction.at.to_vec();
        push(&mut full, if path.is_empty() { b"." } else { path });
        let within = match self.extraction.refuse_outward_links {
            true => ResolveFlags::BENEATH,
            false => ResolveFlags::IN_ROOT,
        };
        let resolve = within | ResolveFlags::NO_MAGICLINKS;
        loop {
            match fs::openat2(
                self.extraction.root,
                &full[..],
                flags | OFlags::CLOEXEC,
                Mode::empty(),
                resolve,
            ) {
                // Something was renamed meanwhile, and the kernel could not tell whether this leads out (openat2(2)).
                Err(Errno::AGAIN | Errno::INTR) => {}
                opened => return opened,
            }
        }
    }

    pub(crate) fn remember(&mut self, path: &[u8], mode: u32, modified: Moment) {
        self.directories.push((path.to_vec(), mode, modified));
    }

    /// Gives directories the modes and times that putting something into them would have changed, or forbidden. One that is gone or
    /// exchanged meanwhile is not looked for.
    fn finish(&mut self) {
        for (path, mode, modified) in std::mem::take(&mut self.directories).into_iter().rev() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
            if let Ok(directory) = self.open(&path, flags) {
                let _ = fs::fchmod(&directory, Mode::from_raw_mode(mode));
                let _ = fs::futimens(&directory, &crate::metadata::times(modified));
            }
        }
    }
}
