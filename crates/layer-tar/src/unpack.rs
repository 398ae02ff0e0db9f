//! Unpacks a layer: the one function that others call.
//!
//! It does not make the directory, does not remove it after an error, and does not make it durable.

use std::io::{Read, Write};
use std::path::Path;

use crate::destination::Destination;
use crate::error::shown;
use crate::recording::Recording;
use crate::{Archive, LayerTarError, Limits, Lowers};

/// What a layer turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// Headers in the archive.
    pub entries: u64,
    /// Length of the whole uncompressed stream.
    pub bytes: u64,
    /// Bytes of file contents alone, of symbolic links the names that they lead to.
    pub content: u64,
    /// The directory would be the same on top of any other layers: no parent directory was only implied, no hard
    /// link led into a lower layer.
    pub self_contained: bool,
    /// Extended attributes that this file system or user cannot have. A capability is never among them; without
    /// it unpacking fails.
    pub skipped_attributes: u64,
    /// The first object that a later entry took the place of, where that had contents: the archive cannot be made again then.
    pub replaced: Option<String>,
}

/// Unpacks an uncompressed layer into an empty directory, in the form that an overlay mount of it and its lower
/// layers shows as the image's file system. Reads the stream to its end.
///
/// Later entries replace earlier ones. Nothing outside `into` is written, whatever the archive contains.
///
/// # Errors
/// [`LayerTarError::NeedsLowers`] when `lowers` are unknown and the layer depends on them; the others as described there.
/// What was unpacked so far stays; the caller removes it.
pub fn unpack(
    reader: impl Read,
    into: &Path,
    lowers: Lowers<'_>,
    limits: &Limits,
) -> Result<Unpacked, LayerTarError> {
    unpack_archive(Archive::new(reader, limits), into, lowers, limits)
}

/// The same, and writes the file index, with which [`crate::recreate`] makes the archive again unless something was
/// [replaced](Unpacked::replaced).
///
/// # Errors
/// Those, and [`LayerTarError::Record`].
pub fn unpack_indexed(
    reader: impl Read,
    into: &Path,
    lowers: Lowers<'_>,
    limits: &Limits,
    index: &mut dyn Write,
) -> Result<Unpacked, LayerTarError> {
    let mut archive = Archive::new(reader, limits);
    archive.recording = Some(Recording::begin(index));
    unpack_archive(archive, into, lowers, limits)
}

fn unpack_archive<R: Read>(
    mut archive: Archive<'_, R>,
    into: &Path,
    lowers: Lowers<'_>,
    limits: &Limits,
) -> Result<Unpacked, LayerTarError> {
    let mut destination = Destination::open(into, lowers, limits)?;
    while let Some(entry) = archive.next_entry()? {
        destination.place(entry, &mut archive)?;
    }
    let bytes = archive.finish()?;
    archive.finish_recording()?;
    let replaced = destination.replaced.take().map(|path| shown(&path));
    let (content, self_contained) = (destination.content, destination.self_contained);
    let skipped_attributes = destination.finish()?;
    Ok(Unpacked { entries: archive.entries(), bytes, content, self_contained, skipped_attributes, replaced })
}
