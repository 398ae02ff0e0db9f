//! Tags: which images a reference stands for, one of them where nobody asks for a platform.
//!
//! References are canonical (`docker.io/library/alpine:latest`, `docker.io/library/alpine@sha256:…`); nothing here parses them.

use rusqlite::Row;

use crate::{Reader, Result, Writer};

/// A reference and its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// Canonical.
    pub reference: String,
    /// The image that it stands for.
    pub image_id: String,
}

/// One of the images of a reference, and the way it came under it: the same image may have come under other names in other manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedImage {
    /// The image.
    pub image_id: String,
    /// The digest of its manifest.
    pub manifest_digest: String,
    /// The digest of what the reference stands for where it came from: the manifest, or an index that names it.
    pub target_digest: String,
    /// The media type of the target.
    pub target_media_type: String,
}

fn tag(row: &Row<'_>) -> rusqlite::Result<TagRow> {
    Ok(TagRow { reference: row.get(0)?, image_id: row.get(1)? })
}

fn named_image(row: &Row<'_>) -> rusqlite::Result<NamedImage> {
    Ok(NamedImage {
        image_id: row.get(0)?,
        manifest_digest: row.get(1)?,
        target_digest: row.get(2)?,
        target_media_type: row.get(3)?,
    })
}

impl Reader<'_> {
    /// The id of the image that a reference stands for.
    pub fn tag(&self, reference: &str) -> Result<Option<String>> {
        self.first("SELECT image_id FROM tags WHERE reference = ?1", (reference,), |row| row.get(0))
    }

    /// Every tag, sorted by reference.
    pub fn tags(&self) -> Result<Vec<TagRow>> {
        self.all("SELECT reference, image_id FROM tags ORDER BY reference", (), tag)
    }

    /// The images that a reference stands for, first the one that is meant where nobody asks for a platform.
    pub fn images_of_tag(&self, reference: &str) -> Result<Vec<NamedImage>> {
        let sql = "SELECT image_id, manifest_digest, target_digest, target_media_type FROM named_images \
                   WHERE reference = ?1 ORDER BY is_main DESC, image_id";
        self.all(sql, (reference,), named_image)
    }

    /// Every image of every tag.
    pub fn named_images(&self) -> Result<Vec<NamedImage>> {
        let sql = "SELECT image_id, manifest_digest, target_digest, target_media_type FROM named_images";
        self.all(sql, (), named_image)
    }

    /// The references that stand for an image, also if only for its platform; sorted.
    pub fn tags_of_image(&self, image_id: &str) -> Result<Vec<String>> {
        let sql = "SELECT reference FROM named_images WHERE image_id = ?1 ORDER BY reference";
        self.all(sql, (image_id,), |row| row.get(0))
    }
}

impl Writer<'_> {
    /// Lets a reference stand for these images and no others, and for the first where nobody asks for a platform; which one that was
    /// before, if any.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if an image is not there.
    pub fn set_tag(&self, reference: &str, images: &[NamedImage]) -> Result<Option<String>> {
        let what = "tag an image";
        let before = self.tag(reference)?;
        let Some(main) = images.first() else { return self.remove_tag(reference).map(|_| before) };
        let sql = "INSERT INTO tags (reference, image_id) VALUES (?1, ?2) \
                   ON CONFLICT (reference) DO UPDATE SET image_id = ?2";
        self.change(what, sql, (reference, &main.image_id))?;
        self.change(what, "DELETE FROM tag_images WHERE reference = ?1", (reference,))?;
        for image in images {
            let sql = "INSERT INTO tag_images (reference, image_id, manifest_digest, target_digest, target_media_type) \
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let NamedImage { image_id, manifest_digest, target_digest, target_media_type } = image;
            self.change(what, sql, (reference, image_id, manifest_digest, target_digest, target_media_type))?;
        }
        Ok(before)
    }

    /// Lets a reference stand for an image no more, but still for those of other platforms; whether there are such.
    ///
    /// # Errors
    /// As [`Writer::set_tag`].
    pub fn leave_tag(&self, reference: &str, image_id: &str) -> Result<bool> {
        let mut images = self.images_of_tag(reference)?;
        images.retain(|image| image.image_id != image_id);
        self.set_tag(reference, &images)?;
        Ok(!images.is_empty())
    }

    /// Removes a reference; whether it was there.
    pub fn remove_tag(&self, reference: &str) -> Result<bool> {
        Ok(self.change("remove a tag", "DELETE FROM tags WHERE reference = ?1", (reference,))? > 0)
    }
}
