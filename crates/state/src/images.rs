//! Images: a configuration, where it came from, and the layers it stands on.
//!
//! How a user's text names an image is decided in the images crate; this finds ids and digests.

use corten_spec::time::Timestamp;
use rusqlite::{Row, params};

use crate::{LayerRow, Reader, Result, Writer};

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    /// The digest of the configuration.
    pub id: String,
    /// The digest of its manifest.
    pub manifest_digest: String,
    /// The digest of what was pulled or loaded: the manifest, or an index that names it.
    pub target_digest: String,
    /// The media type of the target.
    pub target_media_type: String,
    /// When it was made, as its configuration says.
    pub created_at: Timestamp,
    /// Bytes of its unpacked layers.
    pub size: u64,
    /// The configuration, byte for byte.
    pub config: Vec<u8>,
}

/// The columns in the order of [`row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, manifest_digest, target_digest, target_media_type, created_at, size, config FROM images ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> rusqlite::Result<ImageRow> {
    Ok(ImageRow {
        id: row.get(0)?,
        manifest_digest: row.get(1)?,
        target_digest: row.get(2)?,
        target_media_type: row.get(3)?,
        created_at: Timestamp::from_nanos(row.get(4)?),
        size: row.get(5)?,
        config: row.get(6)?,
    })
}

impl Reader<'_> {
    /// The image of this id.
    pub fn image(&self, id: &str) -> Result<Option<ImageRow>> {
        self.first(select!("WHERE id = ?1"), (id,), row)
    }

    /// Every image, the newest first.
    pub fn images(&self) -> Result<Vec<ImageRow>> {
        self.all(select!("ORDER BY created_at DESC, id"), (), row)
    }

    /// The images whose id begins with `prefix`, with its algorithm (`sha256:1a2b`).
    pub fn images_by_prefix(&self, prefix: &str) -> Result<Vec<ImageRow>> {
        // "g" follows every hex digit: a range of the primary key.
        self.all(select!("WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id"), (prefix,), row)
    }

    /// The images whose manifest or target has this digest, under any of their names.
    pub fn images_by_digest(&self, digest: &str) -> Result<Vec<ImageRow>> {
        self.all(
            select!(
                "WHERE manifest_digest = ?1 OR target_digest = ?1 OR id IN (SELECT image_id FROM named_images \
                 WHERE manifest_digest = ?1 OR target_digest = ?1) ORDER BY id"
            ),
            (digest,),
            row,
        )
    }

    /// The layers of an image, the lowest first.
    pub fn layers_of_image(&self, image_id: &str) -> Result<Vec<LayerRow>> {
        let sql = "SELECT l.id, l.diff_id, l.chain_id, l.size, l.self_contained \
                   FROM image_layers i JOIN layers l ON l.id = i.layer_id WHERE i.image_id = ?1 ORDER BY i.position";
        self.all(sql, (image_id,), LayerRow::from_row)
    }
}

impl Writer<'_> {
    /// Adds an image with its layers (ids, the lowest first). One that is there already keeps its layers and takes over the
    /// rest: its id, a digest, says that it is the same image, but it may have come another way.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if a layer is not there.
    pub fn insert_image(&self, row: &ImageRow, layers: &[String]) -> Result<()> {
        let what = "add an image";
        let known = self.first("SELECT 1 FROM images WHERE id = ?1", (&row.id,), |_| Ok(()))?.is_some();
        let sql = "INSERT INTO images (id, manifest_digest, target_digest, target_media_type, created_at, size, config) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET \
                   manifest_digest = ?2, target_digest = ?3, target_media_type = ?4, created_at = ?5, size = ?6";
        let params = params![
            row.id,
            row.manifest_digest,
            row.target_digest,
            row.target_media_type,
            row.created_at.as_nanos(),
            row.size,
            row.config
        ];
        self.change(what, sql, params)?;
        if known {
            return Ok(());
        }
        for (position, layer) in layers.iter().enumerate() {
            let sql = "INSERT INTO image_layers (image_id, position, layer_id) VALUES (?1, ?2, ?3)";
            self.change("add the layers of an image", sql, (&row.id, position, layer))?;
        }
        Ok(())
    }

    /// Removes an image and its hold on layers; whether it was there.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) while tags point at it.
    pub fn remove_image(&self, id: &str) -> Result<bool> {
        Ok(self.change("remove an image", "DELETE FROM images WHERE id = ?1", (id,))? > 0)
    }
}
