//! Packs one object of a tree that is in use, with all that is in it and mounted there, under a name of the caller's choice.
//!
//! It resolves no path: the caller opens the object, or the directory that it is in, the way that it trusts.

use std::io::Write;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{self, FileType, Mode, OFlags};

use crate::clean_path::push;
use crate::entry::{Entry, Kind};
use crate::error::shown;
use crate::owners::{Owner, Owners};
use crate::pack::{Packed, Packing, Place, failed};
use crate::stack::Stack;
use crate::{LayerTarError, Limits};

/// How the objects of a tree in use are called in the archive, and who owns them there.
pub(crate) struct Live<'a> {
    name: Vec<u8>,
    /// The name is that of the directory that everything is in, else that of the one object.
    is_directory: bool,
    owners: &'a dyn Owners,
}

impl Live<'_> {
    pub(crate) fn translate(&self, entry: &mut Entry, object: BorrowedFd<'_>) {
        entry.path = self.archived(&entry.path);
        if entry.kind == Kind::HardLink {
            entry.link = self.archived(&entry.link);
        }
        let owner = Owner { uid: entry.metadata.uid, gid: entry.metadata.gid };
        let owner = self.owners.in_archive(object, owner);
        (entry.metadata.uid, entry.metadata.gid) = (owner.uid, owner.gid);
    }

    fn archived(&self, path: &[u8]) -> Vec<u8> {
        let mut archived = self.name.clone();
        if self.is_directory && !path.is_empty() {
            if archived == b"/" {
                archived.extend_from_slice(path);
            } else {
                push(&mut archived, path);
            }
        }
        archived
    }
}

/// Packs the object `base` in `directory` as `name`: `name`, and of a directory `name/…`, links among its files kept. An empty `base` is the
/// directory itself; no link is followed.
///
/// # Errors
/// As [`crate::pack_tree`]; [`LayerTarError::Object`] where there is no such object, [`LayerTarError::Unsupported`] for a socket.
pub fn pack_object(
    (directory, base): (BorrowedFd<'_>, &[u8]),
    name: &[u8],
    owners: &dyn Owners,
    output: impl Write,
    limits: &Limits,
) -> Result<Packed, LayerTarError> {
    let open = |path: &[u8], flags: OFlags| {
        let path = if path.is_empty() { b"." } else { path };
        fs::openat(directory, path, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
    };
    let object = open(base, OFlags::PATH).map_err(failed("open", base))?;
    let stat = fs::fstat(&object).map_err(failed("look at", base))?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind == FileType::Socket {
        return Err(LayerTarError::Unsupported { path: shown(base), what: "it is a socket".to_owned() });
    }
    let is_directory = kind == FileType::Directory;
    let root: OwnedFd = if is_directory {
        // Through the very object that was looked at: its name may be another's by now.
        fs::openat(&object, ".", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
    } else {
        directory
            .try_clone_to_owned()
            .map_err(|error| rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::MFILE))
    }
    .map_err(failed("open", base))?;
    let mut packing = Packing::of(Stack::of(root), None, output, limits);
    packing.live = Some(Live { name: name.to_vec(), is_directory, owners });
    if is_directory {
        packing.entry(b"", Kind::Directory, &object, &stat, Vec::new())?;
        return packing.run();
    }
    let place = Place { path: base, parent: &b""[..].into(), name: base };
    packing.other(&place, &object, &stat)?;
    packing.finish()
}
