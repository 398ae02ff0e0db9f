//! Takes an image archive apart while it streams by: blobs into the content store, documents into memory.
//!
//! It does not know yet which of them make an image: archives name that at their end, and standard input cannot be
//! read twice.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use corten_content::Content;
use corten_layer_tar::{Archive, Chunk, Entry, Kind, Limits};
use corten_spec::digest::Digest;

use crate::ImagesError;
use crate::documents::LIMIT;

/// Documents that say what the archive holds.
const DOCUMENTS: [&str; 3] = ["oci-layout", "index.json", "manifest.json"];

/// Docker's older archives link a layer that several images share; links to links do not occur.
const LINKS: usize = 8;

/// Bytes in holes that an archive of images may have: in the store they are bytes like others.
const HOLES: u64 = 1 << 32;

/// A piece of a hole.
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// What an archive held.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    documents: BTreeMap<String, Vec<u8>>,
    members: BTreeMap<String, Digest>,
    links: BTreeMap<String, String>,
}

impl Intake {
    /// Reads an uncompressed archive to its end.
    pub(crate) fn take(reader: impl Read, content: &Content) -> Result<Self, ImagesError> {
        let limits = Limits { entries: 100_000, holes: HOLES, ..Limits::default() };
        let mut archive = Archive::new(reader, &limits);
        let mut intake = Self::default();
        while let Some(entry) = archive.next_entry().map_err(ImagesError::Archive)? {
            let path = member_path(&entry.path);
            match entry.kind {
                Kind::Regular => intake.file(path, &entry, &mut archive, content)?,
                Kind::Symlink => {
                    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                    let target = [directory.as_bytes(), b"/", &entry.link].concat();
                    intake.links.insert(path, member_path(&target));
                }
                Kind::HardLink => {
                    intake.links.insert(path, member_path(&entry.link));
                }
                // Directories say nothing, and no image archive has anything else.
                Kind::Directory | Kind::Character { .. } | Kind::Block { .. } | Kind::Fifo => {}
            }
        }
        archive.finish().map_err(ImagesError::Archive)?;
        Ok(intake)
    }

    /// A document by its path in the archive.
    pub(crate) fn document(&self, path: &str) -> Option<&[u8]> {
        self.documents.get(path).map(Vec::as_slice)
    }

    /// The blob that a path in the archive became.
    pub(crate) fn member(&self, path: &str) -> Result<&Digest, ImagesError> {
        let mut at = member_path(path.as_bytes());
        for _ in 0..LINKS {
            match (self.members.get(&at), self.links.get(&at)) {
                (Some(digest), _) => return Ok(digest),
                (None, Some(target)) => at.clone_from(target),
                (None, None) => break,
            }
        }
        Err(ImagesError::Lacks(path.to_owned()))
    }

    fn file<R: Read>(
        &mut self,
        path: String,
        entry: &Entry,
        archive: &mut Archive<'_, R>,
        content: &Content,
    ) -> Result<(), ImagesError> {
        if DOCUMENTS.contains(&path.as_str()) {
            if entry.size > LIMIT {
                let problem = format!("it has {} bytes, more than {LIMIT}", entry.size);
                return Err(ImagesError::Unsupported { name: path, problem });
            }
            let mut document = Vec::new();
            copy(archive, &mut document, &path)?;
            self.documents.insert(path, document);
            return Ok(());
        }
        let expected = blob_digest(&path);
        if let Some(expected) = &expected
            && content.has(expected)?
            && content.size(expected)? == entry.size
        {
            self.members.insert(path, expected.clone());
            return Ok(());
        }
        let mut ingest = content.ingest(expected.as_ref(), Some(entry.size))?;
        copy(archive, &mut ingest, &path)?;
        let digest = ingest.commit()?;
        self.members.insert(path, digest);
        Ok(())
    }
}

fn copy<R: Read>(archive: &mut Archive<'_, R>, into: &mut impl Write, path: &str) -> Result<(), ImagesError> {
    loop {
        let written = match archive.chunk().map_err(ImagesError::Archive)? {
            Chunk::Data(chunk) => into.write(chunk),
            // A blob's digest is over the zeros, too.
            Chunk::Hole(hole) => {
                into.write(&ZEROS[..usize::try_from(hole).unwrap_or(usize::MAX).min(ZEROS.len())])
            }
            Chunk::End => return Ok(()),
        };
        archive.consume(written.map_err(ImagesError::file("keep", path))? as u64);
    }
}

/// The digest that a path in an OCI image layout promises.
fn blob_digest(path: &str) -> Option<Digest> {
    let (algorithm, hex) = path.strip_prefix("blobs/")?.split_once('/')?;
    format!("{algorithm}:{hex}").parse().ok()
}

/// A path as its archive's documents write it: without `./`, and with `..` taken back. It names a member, never a file.
fn member_path(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    let mut components: Vec<&str> = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    components.join("/")
}
