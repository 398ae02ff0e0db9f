//! Referrers: manifests that say of another that they belong to it.
//!
//! What is in them is the content store's.

use crate::{Reader, Result, Writer};

/// A referrer and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferrerRow {
    /// The digest of a manifest or index.
    pub subject: String,
    /// The digest of the referrer.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
}

impl Reader<'_> {
    /// All of them, sorted by subject.
    pub fn referrers(&self) -> Result<Vec<ReferrerRow>> {
        let sql = "SELECT subject, digest, media_type, size FROM referrers ORDER BY subject, digest";
        self.all(sql, (), |row| {
            let (subject, digest, media_type, size) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(ReferrerRow { subject, digest, media_type, size })
        })
    }
}

impl Writer<'_> {
    /// Remembers one; nothing if it is known.
    pub fn add_referrer(&self, row: &ReferrerRow) -> Result<()> {
        let sql =
            "INSERT OR IGNORE INTO referrers (subject, digest, media_type, size) VALUES (?1, ?2, ?3, ?4)";
        let ReferrerRow { subject, digest, media_type, size } = row;
        self.change("remember a referrer", sql, (subject, digest, media_type, size)).map(drop)
    }

    /// Forgets those of a manifest or index.
    pub fn forget_referrers(&self, subject: &str) -> Result<()> {
        self.change("forget referrers", "DELETE FROM referrers WHERE subject = ?1", (subject,)).map(drop)
    }
}
