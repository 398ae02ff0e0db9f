//! A tar file in memory whose bytes depend on its members alone.
//!
//! It knows nothing of images.

use std::io;

use tar::{Builder, EntryType, Header};

use crate::entry::Entry;

pub(crate) struct Tarball(Builder<Vec<u8>>);

impl Tarball {
    pub(crate) fn new() -> Tarball {
        Tarball(Builder::new(Vec::new()))
    }

    pub(crate) fn add(&mut self, entry: &Entry) -> io::Result<()> {
        match entry {
            Entry::File { path, mode, content } => self.0.append_data(
                &mut header(EntryType::Regular, *mode, content.len()),
                path,
                content.as_slice(),
            ),
            Entry::Directory { path, mode } => {
                self.0.append_data(&mut header(EntryType::Directory, *mode, 0), path, io::empty())
            }
            Entry::Symlink { path, target } => {
                self.0.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, target)
            }
            Entry::HardLink { path, target } => {
                self.0.append_link(&mut header(EntryType::Link, 0o644, 0), path, target)
            }
        }
    }

    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        self.0.into_inner()
    }
}

/// All fields that are not given are zero, time and owner among them.
fn header(kind: EntryType, mode: u32, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size as u64);
    header
}
