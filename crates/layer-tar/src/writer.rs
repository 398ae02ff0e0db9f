//! Writes an archive front to back: ustar headers, with PAX records where those are too narrow.
//!
//! Equal entries make equal bytes: no clock, no process id, no names of users. It does not open what it packs; [`crate::pack`] does.
//!
//! See POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Extended Header".

use std::io::{self, Write};

use crate::entry::{Entry, Kind};
use crate::header::BLOCK;
use crate::records::Records;
use crate::write_header::{HeaderFields, LINK_LENGTH, NAME_LENGTH, fits_seconds, fits_size, fits_user};

/// A block of zeros: padding, and two of them end an archive.
const ZEROS: [u8; BLOCK] = [0; BLOCK];

/// An archive that is being written. As a [`Write`] it takes the content of the entry that was begun last, no more and no less
/// than the entry's size.
#[derive(Debug)]
pub struct ArchiveWriter<W> {
    output: W,
    /// What the entry's content lacks yet.
    lacking: u64,
    /// Bytes between that content and the next header.
    padding: usize,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins an archive.
    pub fn new(output: W) -> Self {
        Self { output, lacking: 0, padding: 0 }
    }

    /// Writes the headers of an entry. The path is written as it is; directories get a slash at their end.
    ///
    /// # Errors
    /// The stream's, [`io::ErrorKind::UnexpectedEof`] while the entry before lacks content, and
    /// [`io::ErrorKind::InvalidInput`] for a name that no archive can hold.
    pub fn begin(&mut self, entry: &Entry) -> io::Result<()> {
        self.end_entry()?;
        let mut path = entry.path.clone();
        if entry.kind == Kind::Directory && !path.ends_with(b"/") {
            path.push(b'/');
        }
        let records = records(entry, &path)?;
        if !records.is_empty() {
            let header = HeaderFields::of_records(&path, records.len());
            self.output.write_all(&header.block())?;
            self.output.write_all(records.bytes())?;
            self.output.write_all(&ZEROS[..padding(records.len() as u64)])?;
        }
        self.output.write_all(&HeaderFields::of_entry(entry, &path).block())?;
        self.lacking = entry.size;
        self.padding = padding(entry.size);
        Ok(())
    }

    /// Ends the archive and gives back what it was written to.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn finish(mut self) -> io::Result<W> {
        self.end_entry()?;
        self.output.write_all(&[ZEROS, ZEROS].concat())?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn end_entry(&mut self) -> io::Result<()> {
        if self.lacking > 0 {
            let problem = format!("an entry ends {} bytes too early", self.lacking);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
        }
        let padding = std::mem::take(&mut self.padding);
        self.output.write_all(&ZEROS[..padding])
    }
}

impl<W: Write> Write for ArchiveWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.lacking {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an entry is longer than announced"));
        }
        let length = self.output.write(bytes)?;
        self.lacking -= length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

fn padding(size: u64) -> usize {
    let beyond = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - beyond) % BLOCK
}

/// What the header cannot say of an entry, by key.
fn records(entry: &Entry, path: &[u8]) -> io::Result<Records> {
    let metadata = &entry.metadata;
    let mut records = Records::default();
    if path.len() > NAME_LENGTH {
        records.add(b"path", path)?;
    }
    if entry.link.len() > LINK_LENGTH {
        records.add(b"linkpath", &entry.link)?;
    }
    if !fits_size(entry.size) {
        records.add(b"size", entry.size.to_string().as_bytes())?;
    }
    for (key, id) in [("uid", metadata.uid), ("gid", metadata.gid)] {
        if !fits_user(id) {
            records.add(key.as_bytes(), id.to_string().as_bytes())?;
        }
    }
    if !fits_seconds(metadata.modified) {
        records.add(b"mtime", metadata.modified.decimal().as_bytes())?;
    }
    for (name, value) in &metadata.xattrs {
        records.add(&[b"SCHILY.xattr.", name.as_slice()].concat(), value)?;
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::{Archive, Limits, Metadata, Moment};

    fn entry(path: &str, kind: Kind, size: u64) -> Entry {
        Entry { path: path.into(), link: Vec::new(), kind, metadata: Metadata::default(), size }
    }

    fn written(entries: &[Entry]) -> Vec<u8> {
        let mut writer = ArchiveWriter::new(Vec::new());
        for entry in entries {
            writer.begin(entry).unwrap();
            io::copy(&mut io::repeat(b'x').take(entry.size), &mut writer).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read_back(archive: &[u8]) -> Vec<Entry> {
        let mut archive = Archive::new(archive, &Limits::default());
        let mut entries = Vec::new();
        while let Some(entry) = archive.next_entry().unwrap() {
            entries.push(entry);
        }
        entries
    }

    #[test]
    fn what_no_header_can_hold_is_read_back_as_it_was() {
        let metadata = Metadata {
            mode: 0o6755,
            uid: 4_000_000_000,
            gid: 2_097_152,
            modified: Moment { seconds: -2, nanoseconds: 750_000_000 },
            xattrs: vec![
                (b"security.capability".to_vec(), b"\0\n=\xff".to_vec()),
                (b"user.a".to_vec(), b"".to_vec()),
            ],
        };
        let long = "d/".repeat(70) + "\u{fc}\n";
        let entries = [
            Entry { metadata: metadata.clone(), ..entry(&long, Kind::Regular, 513) },
            Entry { link: long.clone().into_bytes(), metadata, ..entry("link", Kind::Symlink, 0) },
            entry("device", Kind::Character { major: 4095, minor: 1_048_575 }, 0),
            entry("after", Kind::Regular, 0),
        ];
        assert_eq!(read_back(&written(&entries)), entries);
    }

    #[test]
    fn a_plain_entry_has_a_header_alone() {
        let modified = Moment { seconds: 8_589_934_591, nanoseconds: 0 };
        let metadata = Metadata { mode: 0o644, uid: 2_097_151, modified, ..Metadata::default() };
        let entry = Entry { metadata, ..entry("file", Kind::Regular, 1) };
        assert_eq!(written(&[entry]).len(), BLOCK * 4);
    }

    #[test]
    fn sizes_beyond_octal_stand_in_records() {
        let mut writer = ArchiveWriter::new(Vec::new());
        let large = Entry { size: 1 << 33, ..entry("large", Kind::Regular, 0) };
        writer.begin(&large).unwrap();
        let mut archive = Archive::new(writer.output.as_slice(), &Limits::default());
        assert_eq!(archive.next_entry().unwrap().unwrap(), large);
    }

    #[test]
    fn content_that_is_not_as_long_as_announced_is_an_error() {
        let mut writer = ArchiveWriter::new(Vec::new());
        writer.begin(&entry("file", Kind::Regular, 2)).unwrap();
        assert_eq!(writer.write(b"abc").unwrap_err().kind(), io::ErrorKind::InvalidInput);
        writer.write_all(b"a").unwrap();
        assert_eq!(writer.finish().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn names_that_no_archive_can_hold_are_refused() {
        let mut writer = ArchiveWriter::new(Vec::new());
        let metadata = Metadata { xattrs: vec![(b"user.a=b".to_vec(), Vec::new())], ..Metadata::default() };
        let odd = Entry { metadata, ..entry("file", Kind::Regular, 0) };
        assert_eq!(writer.begin(&odd).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    fn any_name(lengths: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
        vec(1..=u8::MAX, lengths)
    }

    fn any_kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Regular),
            Just(Kind::HardLink),
            Just(Kind::Symlink),
            Just(Kind::Directory),
            Just(Kind::Fifo),
            (0..4096_u32, 0..1_048_576_u32).prop_map(|(major, minor)| Kind::Block { major, minor }),
        ]
    }

    fn any_metadata() -> impl Strategy<Value = Metadata> {
        let attribute = any_name(1..20).prop_map(|name| [b"user.", &*name].concat());
        let attribute = attribute.prop_filter("no record can hold it", |name| !name.contains(&b'='));
        let xattrs = btree_map(attribute, vec(any::<u8>(), 0..40), 0..3);
        let modified = (any::<i32>(), prop_oneof![Just(0), 0..1_000_000_000_u32]);
        (0..0o10_000_u32, 0..u32::MAX, 0..u32::MAX, modified, xattrs).prop_map(
            |(mode, uid, gid, (seconds, nanoseconds), xattrs)| Metadata {
                mode,
                uid,
                gid,
                modified: Moment { seconds: seconds.into(), nanoseconds },
                xattrs: xattrs.into_iter().collect(),
            },
        )
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(
            members in vec((any_name(1..120), any_name(1..120), any_kind(), any_metadata(), 0..2000_u64), 0..6),
        ) {
            let entry = |(mut path, link, kind, metadata, size): (Vec<u8>, _, _, _, _)| {
                // What directories end with, and nothing else does.
                while path.last() == Some(&b'/') {
                    path.pop();
                }
                path.push(if kind == Kind::Directory { b'/' } else { b'x' });
                let link = if matches!(kind, Kind::HardLink | Kind::Symlink) { link } else { Vec::new() };
                let size = if kind == Kind::Regular { size } else { 0 };
                Entry { path, link, kind, metadata, size }
            };
            let entries: Vec<Entry> = members.into_iter().map(entry).collect();
            prop_assert_eq!(read_back(&written(&entries)), entries);
        }
    }
}
