//! Tags: which image a reference stands for.
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

fn row(row: &Row<'_>) -> rusqlite::Result<TagRow> {
    Ok(TagRow { reference: row.get(0)?, image_id: row.get(1)? })
}

impl Reader<'_> {
    /// The id of the image that a reference stands for.
    pub fn tag(&self, reference: &str) -> Result<Option<String>> {
        self.first("SELECT image_id FROM tags WHERE reference = ?1", (reference,), |row| row.get(0))
    }

    /// Every tag, sorted by reference.
    pub fn tags(&self) -> Result<Vec<TagRow>> {
        self.all("SELECT reference, image_id FROM tags ORDER BY reference", (), row)
    }

    /// The references that stand for an image, sorted.
    pub fn tags_of_image(&self, image_id: &str) -> Result<Vec<String>> {
        let sql = "SELECT reference FROM tags WHERE image_id = ?1 ORDER BY reference";
        self.all(sql, (image_id,), |row| row.get(0))
    }
}

impl Writer<'_> {
    /// Lets a reference stand for an image; which one it stood for before, if for any.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if the image is not there.
    pub fn set_tag(&self, reference: &str, image_id: &str) -> Result<Option<String>> {
        let before = self.tag(reference)?;
        let sql = "INSERT INTO tags (reference, image_id) VALUES (?1, ?2) \
                   ON CONFLICT (reference) DO UPDATE SET image_id = ?2";
        self.change("tag an image", sql, (reference, image_id))?;
        Ok(before)
    }

    /// Removes a reference; whether it was there.
    pub fn remove_tag(&self, reference: &str) -> Result<bool> {
        Ok(self.change("remove a tag", "DELETE FROM tags WHERE reference = ?1", (reference,))? > 0)
    }
}
