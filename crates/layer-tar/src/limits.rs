//! How much an archive may demand.
//!
//! It does not know how much disk there is: a full disk is an error of the write that meets it. How much larger than its compressed
//! form a layer may be is for whoever decompresses it.

/// Bounds on one archive; going over one is [`crate::LayerTarError::Limit`] or [`crate::LayerTarError::Depth`].
#[derive(Debug, Clone)]
pub struct Limits {
    /// Headers, extension headers included.
    pub entries: u64,
    /// Bytes of the archive itself, after decompression: headers, contents and padding.
    pub bytes: u64,
    /// Components of a path, after links were followed.
    pub depth: usize,
    /// Bytes of one extension header (long name, PAX records).
    pub extension: u64,
    /// Pieces of data of one sparse file.
    pub fragments: u64,
    /// Bytes in the holes of all sparse files.
    pub holes: u64,
}

impl Default for Limits {
    /// Far above what images hold, low enough that a bomb ends.
    fn default() -> Self {
        Self {
            // The largest images known have a few million files, and a table of inodes is full long before this.
            entries: 10_000_000,
            // Images of models come near 100 GB; more than a TiB in one layer fits on few disks.
            bytes: 1 << 40,
            // A name of two bytes for each component makes 2,048 of them fit into a path. Package managers that nest what
            // packages depend on reach a hundred.
            depth: 512,
            // Docker's reader takes no more. An attribute has at most 64 KiB, a path 4 KiB.
            extension: 1 << 20,
            // 16 MiB of memory; a piece in every MiB of a disk image of a TiB.
            fragments: 1 << 20,
            // The largest file of ext4; holes take no room. `/var/log/lastlog` has 1.2 TiB once the user with the highest
            // number has logged in.
            holes: 1 << 44,
        }
    }
}
