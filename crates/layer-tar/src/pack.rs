//! Packs a file system, or what a container has changed of one, into an archive.
//!
//! Equal directories make equal bytes: names are in the order of their bytes, times are whole seconds as in Docker's archives,
//! whiteouts have none. It does not compress, and does not know what the archive is for.
//!
//! The directories may be those of a container that runs. What disappears meanwhile is left out; what gets shorter ends with
//! zeros. No path leads out of them, and no pipe or device is opened.

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{FileType, Stat};

use crate::clean_path::PATH_MAX;
use crate::entry::Kind;
use crate::error::{LayerTarError, LimitOf, shown};
use crate::limits::Limits;
use crate::live::Live;
use crate::stack::{Merged, Stack, Unread, is_whiteout};
use crate::whiteout::{OPAQUE, PREFIX};
use crate::writer::ArchiveWriter;

pub(crate) const BUFFER: usize = 256 * 1024;

/// What came of packing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Packed {
    /// Members of the archive.
    pub entries: u64,
    /// Bytes of file contents.
    pub content: u64,
    /// Sockets, which no archive can hold: a program makes its own anew.
    pub sockets: u64,
    /// Objects that disappeared or got shorter meanwhile.
    pub changed: u64,
}

/// Packs what an overlay of these layers shows, the topmost first. The root itself has no entry, as in Docker's archives.
///
/// # Errors
/// [`LayerTarError::Source`], [`LayerTarError::Object`], [`LayerTarError::Write`], and [`LayerTarError::Limit`],
/// [`LayerTarError::Depth`] and [`LayerTarError::Path`] for what could not be unpacked again.
pub fn pack_tree(layers: &[PathBuf], output: impl Write, limits: &Limits) -> Result<Packed, LayerTarError> {
    Packing::new(layers, None, output, limits)?.run()
}

/// Packs the upper directory of an overlay as a layer: with entries that take away what is gone, in the form of the OCI image
/// specification, "Image Layer Filesystem Changeset".
///
/// Empty files at `mount_points` are left out: they were made for something to be mounted on.
///
/// # Errors
/// As [`pack_tree`]; [`LayerTarError::Path`] for a file whose name would take another away.
pub fn pack_changes(
    upper: &Path,
    mount_points: &[&str],
    output: impl Write,
    limits: &Limits,
) -> Result<Packed, LayerTarError> {
    Packing::new(&[upper.to_owned()], Some(mount_points), output, limits)?.run()
}

/// Where an object is.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a [u8],
    /// The path of the directory that it is in.
    pub(crate) parent: &'a Rc<[u8]>,
    pub(crate) name: &'a [u8],
}

/// The name under which a file is in the archive, of which there are more. A tree may have many of these, so what they share is kept once.
pub(crate) struct FirstName {
    pub(crate) parent: Rc<[u8]>,
    pub(crate) name: Box<[u8]>,
    /// How many names are left.
    pub(crate) left: usize,
}

pub(crate) struct Packing<'a, W: Write> {
    stack: Stack,
    /// Of a layer: what is left out where it is an empty file. Only there, whiteouts and opaque directories become entries.
    changes: Option<&'a [&'a str]>,
    /// Of a tree in use: names and owners in the archive. There, nothing is a whiteout.
    pub(crate) live: Option<Live<'a>>,
    pub(crate) archive: ArchiveWriter<BufWriter<W>>,
    pub(crate) limits: &'a Limits,
    /// Files that have more names than were met.
    pub(crate) links: HashMap<(u64, u64), FirstName>,
    /// Names of directories that are not packed yet.
    waiting: u64,
    pub(crate) packed: Packed,
    pub(crate) buffer: Vec<u8>,
}

impl<'a, W: Write> Packing<'a, W> {
    fn new(
        layers: &[PathBuf],
        changes: Option<&'a [&'a str]>,
        output: W,
        limits: &'a Limits,
    ) -> Result<Self, LayerTarError> {
        Ok(Self::of(Stack::open(layers)?, changes, output, limits))
    }

    pub(crate) fn of(stack: Stack, changes: Option<&'a [&'a str]>, output: W, limits: &'a Limits) -> Self {
        Self {
            stack,
            changes,
            live: None,
            archive: ArchiveWriter::new(BufWriter::with_capacity(BUFFER, output)),
            limits,
            links: HashMap::new(),
            waiting: 0,
            packed: Packed::default(),
            buffer: vec![0; BUFFER],
        }
    }

    pub(crate) fn run(mut self) -> Result<Packed, LayerTarError> {
        let all = self.stack.layers();
        let mut directories = vec![self.list(b"", &all)?];
        while let Some(directory) = directories.last_mut() {
            let Some((name, layer)) = directory.names.next() else {
                directories.pop();
                continue;
            };
            self.waiting -= 1;
            let (path, below) = (directory.path_of(&name), directory.from(layer));
            let (parent, depth) = (Rc::clone(&directory.path), directories.len());
            let place = Place { path: &path, parent: &parent, name: &name };
            self.check(&place, depth)?;
            if let Some(inner) = self.object(&place, &below)? {
                directories.push(inner);
            }
        }
        self.finish()
    }

    pub(crate) fn finish(self) -> Result<Packed, LayerTarError> {
        self.archive.finish().map_err(LayerTarError::Write)?;
        Ok(self.packed)
    }

    /// Packs one object, which is in the first of these layers; a directory is returned, to be packed next.
    fn object(&mut self, place: &Place<'_>, layers: &[usize]) -> Result<Option<Merged>, LayerTarError> {
        let path = place.path;
        let found = self.stack.object(layers[0], path).map_err(failed("open", path))?;
        let Some((object, stat)) = found else {
            self.packed.changed += 1;
            return Ok(None);
        };
        if self.live.is_none() && is_whiteout(&stat) {
            if self.changes.is_some() {
                self.whiteout(place)?;
            }
            return Ok(None);
        }
        if self.is_mount_point(path, &stat) {
            return Ok(None);
        }
        if self.changes.is_some() && place.name.starts_with(PREFIX) {
            let problem = "in a layer, a name that begins so takes another away";
            return Err(LayerTarError::Path { path: shown(path), problem });
        }
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => return self.directory(path, &object, &stat, layers).map(Some),
            FileType::Socket => self.packed.sockets += 1,
            _ => self.other(place, &object, &stat)?,
        }
        Ok(None)
    }

    fn directory(
        &mut self,
        path: &[u8],
        object: &OwnedFd,
        stat: &Stat,
        layers: &[usize],
    ) -> Result<Merged, LayerTarError> {
        self.entry(path, Kind::Directory, object, stat, Vec::new())?;
        let merged = self.list(path, layers)?;
        if self.changes.is_some() && merged.opaque {
            self.mark(merged.path_of(OPAQUE))?;
        }
        Ok(merged)
    }

    /// Reads a directory, as long as there is room for the names of all that are open.
    fn list(&mut self, path: &[u8], layers: &[usize]) -> Result<Merged, LayerTarError> {
        let limit = self.limits.entries;
        let room = limit.saturating_sub(self.waiting);
        let merged = self.stack.directory(path, layers, room).map_err(|unread| match unread {
            Unread::Refused(source) => failed("read", path)(source),
            Unread::Crowded => LayerTarError::Limit(LimitOf { what: "entries", value: limit + 1, limit }),
        })?;
        self.waiting += merged.names.len() as u64;
        Ok(merged)
    }

    fn is_mount_point(&self, path: &[u8], stat: &Stat) -> bool {
        let is_empty = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_size == 0;
        is_empty && self.changes.is_some_and(|points| points.iter().any(|point| point.as_bytes() == path))
    }

    /// Whether the path could be unpacked again.
    fn check(&self, place: &Place<'_>, depth: usize) -> Result<(), LayerTarError> {
        let (path, limit) = (place.path, self.limits.depth);
        if depth > limit {
            return Err(LayerTarError::Depth { path: shown(path), depth, limit });
        }
        if path.len() > PATH_MAX {
            return Err(LayerTarError::Path { path: shown(path), problem: "it is too long" });
        }
        Ok(())
    }
}

pub(crate) fn failed(verb: &'static str, path: &[u8]) -> impl FnOnce(rustix::io::Errno) -> LayerTarError {
    let path = shown(path);
    move |source| LayerTarError::Object { verb, path, source }
}
