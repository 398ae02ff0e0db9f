//! Writes images into an archive that this engine, Docker, and whoever reads OCI image layouts load.
//!
//! What it will hold is decided first, so that everything that can be wrong is known before the first byte. Blobs go in as they
//! are, so every digest stays; equal images make equal bytes.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read, Write};

use corten_content::{ContentError, Hasher};
use corten_layer_tar::{ArchiveWriter, Entry, Kind, Metadata};
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Manifest, media_type};
use corten_spec::platform::Platform;
use corten_state::NamedImage;

use crate::archive_documents::{Described, blob_path, documents};
use crate::chosen::{Chosen, choose};
use crate::companions::companions;
use crate::documents::parse;
use crate::image::digest;
use crate::lease::Lease;
use crate::{Images, ImagesError, Origins, referrers};

/// Blobs are read and written in pieces of this size.
const BUFFER: usize = 256 * 1024;

/// What a member of the archive is made of.
#[derive(Debug)]
enum Member {
    Directory,
    Document(Vec<u8>),
    Blob(Box<Descriptor>),
}

/// An archive that is decided and not yet written. Nothing of it is collected as long as this lives.
#[derive(Debug)]
pub struct SavedImages {
    /// The images' ids.
    pub ids: Vec<Digest>,
    /// By path, which is the order in which they are written.
    members: BTreeMap<String, Member>,
    images: Images,
    _lease: Lease,
}

impl Images {
    /// Decides what an archive of the images that the texts mean holds; of each platform that was asked for alone, if any was.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`], [`ImagesError::NoSuchReference`], [`ImagesError::NotForPlatform`], [`ImagesError::Lacks`] for a
    /// blob that is gone.
    pub fn save(
        &self,
        texts: &[String],
        platforms: &[Platform],
        origins: &dyn Origins,
    ) -> Result<SavedImages, ImagesError> {
        let lease = Lease::shared(&self.lease_path()?)?;
        let chosen = self.store.read(|t| choose(t, texts, platforms))?;
        let mut saved =
            SavedImages { ids: Vec::new(), members: BTreeMap::new(), images: self.clone(), _lease: lease };
        // An index leads to other platforms too, so it is not part of an archive of one.
        let alone = platforms.len() == 1;
        let described: Result<Vec<_>, _> =
            chosen.into_iter().map(|chosen| saved.add(chosen, alone, origins)).collect();
        let described = described?;
        let referrers = self.referrers_of(&saved.digests())?;
        for blob in referrers::blobs(&self.content, referrers.iter().map(|referrer| &referrer.digest))? {
            saved.blob(&blob)?;
        }
        for (path, document) in documents(&described, &referrers)? {
            saved.members.insert(path.to_owned(), Member::Document(document));
        }
        Ok(saved)
    }
}

impl SavedImages {
    /// Writes the archive. Blobs are verified on their way.
    ///
    /// # Errors
    /// [`ImagesError::WriteArchive`], [`ImagesError::Content`] for a blob that is damaged.
    pub fn write(&self, into: impl Write, origins: &dyn Origins) -> Result<(), ImagesError> {
        let mut archive = ArchiveWriter::new(into);
        for (path, member) in &self.members {
            let (kind, mode, size) = match member {
                Member::Directory => (Kind::Directory, 0o755, 0),
                Member::Document(document) => (Kind::Regular, 0o644, document.len() as u64),
                Member::Blob(blob) => (Kind::Regular, 0o644, blob.size),
            };
            // No time, no owner: what is saved twice is the same twice.
            let metadata = Metadata { mode, ..Metadata::default() };
            let entry = Entry { path: path.clone().into_bytes(), link: Vec::new(), kind, metadata, size };
            archive.begin(&entry).map_err(ImagesError::WriteArchive)?;
            match member {
                Member::Directory => {}
                Member::Document(document) => {
                    archive.write_all(document).map_err(ImagesError::WriteArchive)?;
                }
                Member::Blob(blob) => self.copy(blob, origins, &mut archive)?,
            }
        }
        archive.finish().map(drop).map_err(ImagesError::WriteArchive)
    }

    fn add(&mut self, chosen: Chosen, alone: bool, origins: &dyn Origins) -> Result<Described, ImagesError> {
        let mut manifests = Vec::new();
        let mut targets = Vec::new();
        for image in &chosen.images {
            let (descriptor, manifest) = self.image(&digest(&image.manifest_digest)?, origins)?;
            let is_index = media_type::is_index(&image.target_media_type) && !alone;
            let target = if is_index { self.index(image)? } else { descriptor.clone() };
            if !targets.contains(&target) {
                targets.push(target);
            }
            manifests.push((descriptor.digest, manifest));
            self.ids.push(digest(&image.image_id)?);
        }
        let digests = manifests.iter().map(|(digest, _)| digest).collect();
        for target in &targets {
            for blob in companions(&self.images.content, target, &digests)? {
                self.blob(&blob)?;
            }
        }
        // Docker's own document knows no platforms.
        let (_, manifest) = manifests.swap_remove(0);
        Ok(Described { targets, manifest, names: chosen.names })
    }

    /// Adds the blobs of an image; its manifest.
    fn image(
        &mut self,
        digest: &Digest,
        origins: &dyn Origins,
    ) -> Result<(Descriptor, Manifest), ImagesError> {
        let manifest: Manifest = parse(&self.images.content, digest, "an image manifest")?;
        self.blob(&manifest.config.digest)?;
        for layer in &manifest.layers {
            self.images.ready(layer, origins)?;
            self.member(layer);
        }
        let kind = manifest.media_type.as_deref().unwrap_or(media_type::OCI_MANIFEST);
        Ok((Descriptor::new(kind, digest.clone(), self.blob(digest)?), manifest))
    }

    /// Adds the index that an image came in.
    fn index(&mut self, image: &NamedImage) -> Result<Descriptor, ImagesError> {
        let target = digest(&image.target_digest)?;
        let size = self.blob(&target)?;
        Ok(Descriptor::new(&image.target_media_type, target, size))
    }

    /// Of all blobs that were added.
    fn digests(&self) -> HashSet<Digest> {
        let digest = |member: &Member| match member {
            Member::Blob(blob) => Some(blob.digest.clone()),
            Member::Directory | Member::Document(_) => None,
        };
        self.members.values().filter_map(digest).collect()
    }

    /// Adds a blob; its length.
    fn blob(&mut self, digest: &Digest) -> Result<u64, ImagesError> {
        let size = self.images.content.size(digest).map_err(|error| match error {
            ContentError::Absent { digest } => ImagesError::Gone(digest),
            error => error.into(),
        })?;
        self.member(&Descriptor::new("", digest.clone(), size));
        Ok(size)
    }

    fn member(&mut self, blob: &Descriptor) {
        let directory = format!("blobs/{}/", blob.digest.algorithm().as_str());
        self.members.insert("blobs/".to_owned(), Member::Directory);
        self.members.insert(directory, Member::Directory);
        self.members.insert(blob_path(&blob.digest), Member::Blob(Box::new(blob.clone())));
    }

    fn copy(
        &self,
        blob: &Descriptor,
        origins: &dyn Origins,
        into: &mut impl Write,
    ) -> Result<(), ImagesError> {
        let Descriptor { digest, size, .. } = blob;
        let read_failed = |source: io::Error| ImagesError::ReadBlob { digest: digest.clone(), source };
        let mut blob = self.images.blob(blob, origins)?;
        let mut hasher = Hasher::new(digest.algorithm());
        let mut buffer = vec![0; BUFFER];
        let mut left = *size;
        loop {
            let length = blob.read(&mut buffer).map_err(read_failed)?;
            if length == 0 {
                break;
            }
            hasher.update(&buffer[..length]);
            into.write_all(&buffer[..length]).map_err(ImagesError::WriteArchive)?;
            left = left.saturating_sub(length as u64);
        }
        let actual = hasher.finish();
        if actual != *digest || left > 0 {
            return Err(ContentError::Digest { expected: digest.clone(), actual }.into());
        }
        Ok(())
    }
}
