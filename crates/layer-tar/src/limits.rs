//! How much an archive may demand.
//!
//! It does not know how much disk there is: a full disk is an error of the write that meets it.

/// Bounds on one archive; going over one is [`crate::LayerTarError::Limit`].
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
}

impl Default for Limits {
    /// Far above what images hold, low enough that a bomb ends.
    fn default() -> Self {
        Self { entries: 10_000_000, bytes: 1 << 40, depth: 512, extension: 1 << 20 }
    }
}
