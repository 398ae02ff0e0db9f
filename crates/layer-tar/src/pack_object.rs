//! Packs one object: its headers, and a file's content.
//!
//! Which objects there are, and whether they belong into the archive, [`crate::pack`] decides.

use std::collections::hash_map::Entry as MapEntry;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{self, FileType, OFlags, Stat};

use crate::entry::{Entry, Kind, Metadata};
use crate::error::{LayerTarError, LimitOf, shown};
use crate::metadata;
use crate::pack::{BUFFER, FirstName, Packing, Place, failed};
use crate::stack::join;
use crate::whiteout::PREFIX;

/// Attributes that mean something on this machine alone: how an overlay keeps its books, labels and seals of security modules.
const LOCAL: [&[u8]; 3] = [b"trusted.overlay.", b"user.overlay.", b"security."];
/// What a program may do: the one attribute of that kind that belongs to the file.
const CAPABILITY: &[u8] = b"security.capability";

impl<W: Write> Packing<'_, W> {
    /// Anything but a directory.
    pub(crate) fn other(
        &mut self,
        place: &Place<'_>,
        object: &OwnedFd,
        stat: &Stat,
    ) -> Result<(), LayerTarError> {
        let path = place.path;
        if let Some(first) = self.first_name(place, stat) {
            return self.entry(path, Kind::HardLink, object, stat, first);
        }
        let (major, minor) = (fs::major(stat.st_rdev), fs::minor(stat.st_rdev));
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => self.file(path, object, stat),
            FileType::Symlink => {
                let target = fs::readlinkat(object, c"", Vec::new()).map_err(failed("read", path))?;
                self.entry(path, Kind::Symlink, object, stat, target.into_bytes())
            }
            FileType::CharacterDevice => {
                self.entry(path, Kind::Character { major, minor }, object, stat, Vec::new())
            }
            FileType::BlockDevice => self.entry(path, Kind::Block { major, minor }, object, stat, Vec::new()),
            FileType::Fifo => self.entry(path, Kind::Fifo, object, stat, Vec::new()),
            other => {
                let what = format!("its type is {other:?}");
                Err(LayerTarError::Unsupported { path: shown(path), what })
            }
        }
    }

    /// The name under which the file is in the archive already.
    fn first_name(&mut self, place: &Place<'_>, stat: &Stat) -> Option<Vec<u8>> {
        let names = usize::try_from(stat.st_nlink).unwrap_or(usize::MAX);
        if names < 2 {
            return None;
        }
        match self.links.entry((stat.st_dev, stat.st_ino)) {
            MapEntry::Vacant(new) => {
                let (parent, name) = (Rc::clone(place.parent), place.name.into());
                new.insert(FirstName { parent, name, left: names - 1 });
                None
            }
            MapEntry::Occupied(mut known) => {
                let first = known.get_mut();
                let path = join(&first.parent, &first.name);
                first.left = first.left.saturating_sub(1);
                // What has no more names is forgotten.
                if first.left == 0 {
                    known.remove();
                }
                Some(path)
            }
        }
    }

    fn file(&mut self, path: &[u8], object: &OwnedFd, stat: &Stat) -> Result<(), LayerTarError> {
        // The very file that was looked at, whatever has its name by now.
        let itself = format!("/proc/self/fd/{}", object.as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY;
        let mut file = File::from(fs::open(itself, flags, fs::Mode::empty()).map_err(failed("open", path))?);
        self.entry(path, Kind::Regular, object, stat, Vec::new())?;
        let mut left = u64::try_from(stat.st_size).unwrap_or_default();
        self.packed.content += left;
        let mut ended = false;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
            let mut length = 0;
            if !ended {
                length = file.read(&mut self.buffer[..wanted]).map_err(|error| {
                    let source = rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::IO);
                    failed("read", path)(source)
                })?;
            }
            if length == 0 {
                // The header has promised more.
                self.packed.changed += u64::from(!ended);
                ended = true;
                self.buffer[..wanted].fill(0);
                length = wanted;
            }
            self.archive.write_all(&self.buffer[..length]).map_err(LayerTarError::Write)?;
            left -= length as u64;
        }
        Ok(())
    }

    /// Writes the headers of an object.
    pub(crate) fn entry(
        &mut self,
        path: &[u8],
        kind: Kind,
        object: &OwnedFd,
        stat: &Stat,
        link: Vec<u8>,
    ) -> Result<(), LayerTarError> {
        let mut metadata = metadata::read(object.as_fd(), stat).map_err(failed("read", path))?;
        metadata.modified.nanoseconds = 0;
        metadata.xattrs.retain(|(name, _)| is_portable(name));
        metadata.xattrs.sort();
        if kind == Kind::HardLink {
            metadata.xattrs.clear();
        }
        let size = if kind == Kind::Regular { u64::try_from(stat.st_size).unwrap_or_default() } else { 0 };
        let mut entry = Entry { path: path.to_vec(), link, kind, metadata, size };
        if let Some(live) = &self.live {
            live.translate(&mut entry, object.as_fd());
        }
        self.begin(&entry)
    }

    pub(crate) fn whiteout(&mut self, place: &Place<'_>) -> Result<(), LayerTarError> {
        self.mark(join(place.parent, &[PREFIX, place.name].concat()))
    }

    /// An entry that is nothing but its name.
    pub(crate) fn mark(&mut self, path: Vec<u8>) -> Result<(), LayerTarError> {
        let metadata = Metadata { mode: 0o600, ..Metadata::default() };
        self.begin(&Entry { path, link: Vec::new(), kind: Kind::Regular, metadata, size: 0 })
    }

    fn begin(&mut self, entry: &Entry) -> Result<(), LayerTarError> {
        self.packed.entries += 1;
        if self.packed.entries > self.limits.entries {
            let (value, limit) = (self.packed.entries, self.limits.entries);
            return Err(LayerTarError::Limit(LimitOf { what: "entries", value, limit }));
        }
        self.archive.begin(entry).map_err(LayerTarError::Write)
    }
}

fn is_portable(attribute: &[u8]) -> bool {
    attribute == CAPABILITY || !LOCAL.iter().any(|prefix| attribute.starts_with(prefix))
}
