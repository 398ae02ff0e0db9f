//! Origins of blobs: the repositories that gave them, and may give them again.
//!
//! Whether a blob is here is the content store's business.

use crate::{Reader, Result, Writer};

impl Reader<'_> {
    /// The repositories that gave a blob, sorted.
    pub fn origins_of_blob(&self, digest: &str) -> Result<Vec<String>> {
        let sql = "SELECT repository FROM blob_origins WHERE digest = ?1 ORDER BY repository";
        self.all(sql, (digest,), |row| row.get(0))
    }

    /// Every blob that has an origin, sorted.
    pub fn blobs_with_origin(&self) -> Result<Vec<String>> {
        self.all("SELECT DISTINCT digest FROM blob_origins ORDER BY digest", (), |row| row.get(0))
    }
}

impl Writer<'_> {
    /// Remembers that a repository gave a blob.
    pub fn add_blob_origin(&self, digest: &str, repository: &str) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO blob_origins (digest, repository) VALUES (?1, ?2)";
        self.change("remember the origin of a blob", sql, (digest, repository)).map(drop)
    }

    /// Forgets where a blob came from.
    pub fn forget_blob_origins(&self, digest: &str) -> Result<()> {
        self.change("forget the origins of a blob", "DELETE FROM blob_origins WHERE digest = ?1", (digest,))
            .map(drop)
    }
}
