//! Which ids outside belong to which container's user namespace.
//!
//! Which are free, and which are given out at all, is the engine's to say.

use crate::{Reader, Result, Writer};

/// Ids outside: the first, and how many.
pub type IdRange = (u32, u32);

impl Reader<'_> {
    /// All that are given out, the lowest first.
    pub fn id_ranges(&self) -> Result<Vec<IdRange>> {
        self.all("SELECT first, size FROM id_ranges ORDER BY first", (), |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Writer<'_> {
    /// Gives ids to a container for as long as it is on record.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if the container is not there.
    pub fn hold_id_range(&self, container_id: &str, (first, size): IdRange) -> Result<()> {
        let sql = "INSERT INTO id_ranges (container_id, first, size) VALUES (?1, ?2, ?3)";
        self.change("hold the ids of a container", sql, (container_id, first, size)).map(drop)
    }
}
