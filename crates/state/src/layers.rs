//! Layers: unpacked directories, shared by images and by the containers that stand on them.
//!
//! The directories are made and removed by the images crate; a row says that one is whole.

use rusqlite::Row;

use crate::{Reader, Result, Writer};

/// A layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRow {
    /// The directory's name.
    pub id: String,
    /// The digest of its uncompressed tar.
    pub diff_id: String,
    /// The digest over it and all below it, in the image that it was unpacked for.
    pub chain_id: String,
    /// Bytes of its files.
    pub size: u64,
    /// Whether it is the same whatever lies below: then any image with its `diff_id` can use it.
    pub self_contained: bool,
}

impl LayerRow {
    /// From `id, diff_id, chain_id, size, self_contained`.
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<LayerRow> {
        Ok(LayerRow {
            id: row.get(0)?,
            diff_id: row.get(1)?,
            chain_id: row.get(2)?,
            size: row.get(3)?,
            self_contained: row.get(4)?,
        })
    }
}

/// Layers that neither an image nor a container stands on.
const UNUSED: &str = "SELECT id, diff_id, chain_id, size, self_contained FROM layers l \
     WHERE NOT EXISTS (SELECT 1 FROM image_layers WHERE layer_id = l.id) \
     AND NOT EXISTS (SELECT 1 FROM container_layers WHERE layer_id = l.id) ORDER BY id";

impl Reader<'_> {
    /// The layer that serves as the one with `diff_id` at the top of the chain `chain_id`.
    pub fn layer(&self, diff_id: &str, chain_id: &str) -> Result<Option<LayerRow>> {
        let sql = "SELECT id, diff_id, chain_id, size, self_contained FROM layers \
                   WHERE (self_contained AND diff_id = ?1) OR (NOT self_contained AND chain_id = ?2)";
        self.first(sql, (diff_id, chain_id), LayerRow::from_row)
    }

    /// Every layer, sorted by id.
    pub fn layers(&self) -> Result<Vec<LayerRow>> {
        let sql = "SELECT id, diff_id, chain_id, size, self_contained FROM layers ORDER BY id";
        self.all(sql, (), LayerRow::from_row)
    }

    /// The layers whose uncompressed tar has this digest, in whatever images.
    pub fn layers_by_diff_id(&self, diff_id: &str) -> Result<Vec<LayerRow>> {
        let sql =
            "SELECT id, diff_id, chain_id, size, self_contained FROM layers WHERE diff_id = ?1 ORDER BY id";
        self.all(sql, (diff_id,), LayerRow::from_row)
    }

    /// What a layer takes on the disk, in bytes, if it was measured.
    pub fn layer_disk_size(&self, id: &str) -> Result<Option<u64>> {
        let sql = "SELECT disk_size FROM layers WHERE id = ?1";
        Ok(self.first(sql, (id,), |row| row.get(0))?.flatten())
    }

    /// The layers that neither an image nor a container stands on.
    pub fn unused_layers(&self) -> Result<Vec<LayerRow>> {
        self.all(UNUSED, (), LayerRow::from_row)
    }

    /// The layers that a container stands on, the lowest first.
    pub fn layers_of_container(&self, container_id: &str) -> Result<Vec<LayerRow>> {
        let sql = "SELECT l.id, l.diff_id, l.chain_id, l.size, l.self_contained FROM container_layers c \
                   JOIN layers l ON l.id = c.layer_id WHERE c.container_id = ?1 ORDER BY c.position";
        self.all(sql, (container_id,), LayerRow::from_row)
    }
}

impl Writer<'_> {
    /// Adds a layer, unless another process was first with one that serves the same: the one that stands is returned, and if
    /// its id is another, the caller's directory is not needed.
    pub fn insert_layer(&self, row: &LayerRow) -> Result<LayerRow> {
        if let Some(standing) = self.layer(&row.diff_id, &row.chain_id)? {
            return Ok(standing);
        }
        let sql =
            "INSERT INTO layers (id, diff_id, chain_id, size, self_contained) VALUES (?1, ?2, ?3, ?4, ?5)";
        let params = (&row.id, &row.diff_id, &row.chain_id, row.size, row.self_contained);
        self.change("add a layer", sql, params)?;
        Ok(row.clone())
    }

    /// Lets a container stand on layers (ids, the lowest first), whatever becomes of its image.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if the container or a layer is not there.
    pub fn hold_layers(&self, container_id: &str, layers: &[String]) -> Result<()> {
        for (position, layer) in layers.iter().enumerate() {
            let sql = "INSERT INTO container_layers (container_id, position, layer_id) VALUES (?1, ?2, ?3)";
            self.change("hold the layers of a container", sql, (container_id, position, layer))?;
        }
        Ok(())
    }

    /// Remembers what a layer takes on the disk, in bytes.
    pub fn set_layer_disk_size(&self, id: &str, size: u64) -> Result<()> {
        self.change(
            "remember the size of a layer",
            "UPDATE layers SET disk_size = ?2 WHERE id = ?1",
            (id, size),
        )
        .map(drop)
    }

    /// Removes a layer; whether it was there.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) while an image or a container stands on it.
    pub fn remove_layer(&self, id: &str) -> Result<bool> {
        Ok(self.change("remove a layer", "DELETE FROM layers WHERE id = ?1", (id,))? > 0)
    }
}
